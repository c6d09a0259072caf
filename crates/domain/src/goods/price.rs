//! Prices: whole fen inside, yuan with two decimals in most of WeChat's calls.

use super::GoodsRule;

/// A hundredth of a yuan.
pub type Fen = i64;

/// The largest amount: SDKs keep fen in an `int`.
pub const MAX_FEN: Fen = (1 << 31) - 1;

/// What goods cost, by WeChat's `priceType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    /// 1: one price.
    Fixed(Fen),
    /// 2: from, to.
    Range(Fen, Fen),
    /// 3: the original price, and the one it costs now.
    Discount(Fen, Fen),
}

impl Price {
    /// From WeChat's numbers. `None`: no such type, or a second price is missing.
    pub fn of(kind: i64, price: Fen, price2: Option<Fen>) -> Option<Self> {
        match (kind, price2) {
            (1, _) => Some(Self::Fixed(price)),
            (2, Some(price2)) => Some(Self::Range(price, price2)),
            (3, Some(price2)) => Some(Self::Discount(price, price2)),
            _ => None,
        }
    }

    /// WeChat's `priceType`.
    pub fn kind(self) -> i64 {
        match self {
            Self::Fixed(_) => 1,
            Self::Range(..) => 2,
            Self::Discount(..) => 3,
        }
    }

    /// `price` and `price2`; the latter is 0 where there is one price.
    pub fn amounts(self) -> (Fen, Fen) {
        match self {
            Self::Fixed(price) => (price, 0),
            Self::Range(price, price2) | Self::Discount(price, price2) => (price, price2),
        }
    }
}

pub(super) fn check(price: Price) -> Option<GoodsRule> {
    let (first, second) = price.amounts();
    if [first, second]
        .iter()
        .any(|fen| !(0..=MAX_FEN).contains(fen))
    {
        return Some(GoodsRule::NotAnAmount);
    }
    match price {
        Price::Range(from, to) if to < from => Some(GoodsRule::RangeReversed),
        Price::Discount(original, now) if now >= original => Some(GoodsRule::NoDiscount),
        _ => None,
    }
}

/// `59.9` → 5990. `None` where it is not an amount of yuan with at most two decimals.
pub fn fen_of_yuan(text: &str) -> Option<Fen> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let part = part.trim_end_matches('0');
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let is_amount = !whole.is_empty() && whole.len() <= 9 && part.len() <= 2;
    if !is_amount || !digits(whole) || !digits(part) {
        return None;
    }
    let yuan: Fen = whole.parse().ok()?;
    let fen: Fen = format!("{part:0<2}").parse().ok()?;
    Some(yuan * 100 + fen)
}

/// 5990 → `59.9`, 5000 → `50`: the shortest text of the amount in yuan.
pub fn yuan_of_fen(fen: Fen) -> String {
    let (yuan, part) = (fen / 100, fen % 100);
    match part {
        0 => yuan.to_string(),
        part if part % 10 == 0 => format!("{yuan}.{}", part / 10),
        part => format!("{yuan}.{part:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_and_fen_are_the_same_amount() {
        for (text, fen) in [
            ("59.9", 5_990),
            ("59.90", 5_990),
            ("59.09", 5_909),
            ("50", 5_000),
            ("50.0", 5_000),
            ("0.01", 1),
            ("0", 0),
            (" 686.400 ", 68_640),
        ] {
            assert_eq!(fen_of_yuan(text), Some(fen), "{text}");
            assert_eq!(fen_of_yuan(&yuan_of_fen(fen)), Some(fen), "{text}");
        }
        assert_eq!(yuan_of_fen(5_990), "59.9");
        assert_eq!(yuan_of_fen(5_909), "59.09");
        assert_eq!(yuan_of_fen(5_000), "50");
    }

    #[test]
    fn what_is_no_amount_is_none() {
        for text in [
            "59.999",
            "-1",
            "",
            ".5",
            "1e3",
            "abc",
            "1,5",
            "９",
            "9999999999",
            "NaN",
        ] {
            assert_eq!(fen_of_yuan(text), None, "{text}");
        }
    }

    #[test]
    fn a_discount_is_below_the_original_and_a_range_rises() {
        assert_eq!(
            check(Price::Discount(5_000, 6_000)),
            Some(GoodsRule::NoDiscount)
        );
        assert_eq!(
            check(Price::Discount(5_000, 5_000)),
            Some(GoodsRule::NoDiscount)
        );
        assert_eq!(check(Price::Discount(9_900, 5_990)), None);
        assert_eq!(check(Price::Range(5_000, 8_050)), None);
        assert_eq!(
            check(Price::Range(5_000, 4_999)),
            Some(GoodsRule::RangeReversed)
        );
        assert_eq!(
            check(Price::Fixed(MAX_FEN + 1)),
            Some(GoodsRule::NotAnAmount)
        );
    }

    #[test]
    fn two_prices_are_needed_where_there_are_two() {
        assert_eq!(Price::of(1, 100, None), Some(Price::Fixed(100)));
        assert_eq!(Price::of(2, 100, None), None);
        assert_eq!(Price::of(3, 100, Some(90)), Some(Price::Discount(100, 90)));
        assert_eq!(Price::of(4, 100, Some(90)), None);
    }
}
