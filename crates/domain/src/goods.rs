//! Goods: what an app sells, and the rules for what is written about them and for their audit.

use serde::{Deserialize, Serialize};

use crate::UnixMs;
use crate::id::{AppId, AuditId, GoodsId};
use crate::text;
use crate::words::Words;

mod audit;
mod price;

pub use audit::{
    Audit, Decision, Picture, Rejection, decide, decide_submission, delete, edit, review, submit,
    withdraw,
};
pub use price::{Fen, MAX_FEN, Price, fen_of_yuan, yuan_of_fen};

/// Least and greatest width of a name, in half-width units.
pub const NAME_WIDTH: (usize, usize) = (6, 28);
/// Longest page address, in bytes.
pub const MAX_URL_BYTES: usize = 1024;
/// Most query keys by which a page names its goods, and their greatest length in characters.
pub const MAX_GOODS_KEYS: (usize, usize) = (10, 64);
/// Greatest width and height of a picture, in pixels.
pub const MAX_PIXELS: i32 = 300;

/// Where goods were made; each door edits its own (spec section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// WeChat's API: tag 2.
    Api,
    /// The console: tag 0.
    Console,
}

/// Everything about goods that a person chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoodsDraft {
    /// 6 to 28 half-width units.
    pub name: String,
    /// Name of a stored image of at most 300 × 300 pixels.
    pub cover: String,
    /// What it costs.
    pub price: Price,
    /// Path of its page in the mini program, with a query.
    pub url: String,
    /// The mini program that the page is of, when not this one; else empty.
    pub third_party_appid: String,
    /// Keys of the page's query that name the goods; empty: the app's.
    pub goods_key: Vec<String>,
}

/// Goods in an app's library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goods {
    /// Their number.
    pub id: GoodsId,
    /// Whose they are.
    pub app_id: AppId,
    /// What a person chose.
    pub draft: GoodsDraft,
    /// Where they were made.
    pub origin: Origin,
    /// Where their audit stands.
    pub audit: Audit,
    /// Their last submission.
    pub audit_id: Option<AuditId>,
    /// When that was.
    pub submitted_at: Option<UnixMs>,
    /// When it was decided.
    pub decided_at: Option<UnixMs>,
    /// Why they were rejected.
    pub rejection: Option<Rejection>,
    /// When they were made.
    pub created_at: UnixMs,
    /// Gone since.
    pub deleted_at: Option<UnixMs>,
    /// Counts changes; a save names the one it read.
    pub version: i64,
}

/// A field of goods that can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GoodsField {
    /// Name.
    Name,
    /// Picture.
    Cover,
    /// Prices.
    Price,
    /// Page.
    Url,
    /// Foreign mini program.
    ThirdPartyAppid,
    /// Keys of the page's query.
    GoodsKey,
}

/// A rule that a field breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GoodsRule {
    /// It must be there.
    Required,
    /// Shorter than the least length.
    TooShort,
    /// Longer than the greatest length.
    TooLong,
    /// Control characters.
    BadCharacters,
    /// A word that nothing may be called by.
    Forbidden,
    /// Neither a known media id nor the address of a stored image.
    ImageUnknown,
    /// More pixels than a picture may have.
    ImageTooLarge,
    /// Not an amount of at most two decimals, or more than there is.
    NotAnAmount,
    /// A range whose end is below its beginning.
    RangeReversed,
    /// A price that is not below the original one.
    NoDiscount,
    /// Not among the mini program's pages.
    PageUnknown,
}

/// Why something was not done to goods or a library. Nothing has changed when one is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GoodsRefusal {
    /// Fields break rules, the first to be mended first.
    #[error("fields break a rule: {0:?}")]
    Fields(Vec<(GoodsField, GoodsRule)>),
    /// No such goods for this app.
    #[error("no such goods")]
    Unknown,
    /// Made at the other door.
    #[error("these goods were made elsewhere")]
    MadeElsewhere(Origin),
    /// In audit.
    #[error("the goods are in audit")]
    InAudit,
    /// Approved: all but the price stays.
    #[error("of approved goods only the price may change")]
    OnlyPrice,
    /// Approved already, or in audit.
    #[error("goods in audit state {} cannot be submitted", .0.number())]
    NotSubmittable(Audit),
    /// Never submitted.
    #[error("the goods were never submitted")]
    NeverSubmitted,
    /// Decided already, or another submission.
    #[error("there is no such submission to withdraw")]
    NotWithdrawable,
    /// Not in audit, so there is nothing to decide.
    #[error("the goods are not in audit")]
    NotInAudit,
    /// The app made its submissions for today.
    #[error("the app made its {0} submissions for today")]
    SubmissionsPerDay(u32),
    /// The library is full.
    #[error("the app has {0} goods, as many as it may")]
    LibraryFull(u32),
    /// The operator has taken goods away from the app.
    #[error("the app may not use goods")]
    Disabled,
    /// The reviewer outside did not take them, so they are not submitted.
    #[error("the reviewer did not take the goods: {why}")]
    NotReviewed {
        /// They were made by the same call, and stay.
        made: bool,
        /// What happened, for people.
        why: String,
    },
}

/// What is asked of a draft beyond its own fields.
#[derive(Clone, Copy, Debug)]
pub struct GoodsRules<'a> {
    /// Words that names must not have.
    pub words: &'a Words,
    /// The mini program's pages; none: pages are not checked.
    pub pages: &'a [String],
}

/// All rules that `draft` breaks, in the order of WeChat's fields. Its picture is judged where
/// pictures are known.
pub fn check(draft: &GoodsDraft, rules: GoodsRules<'_>) -> Vec<(GoodsField, GoodsRule)> {
    let mut broken = Vec::new();
    let mut refuse = |field, rule: Option<GoodsRule>| broken.extend(rule.map(|r| (field, r)));
    refuse(GoodsField::Name, check_name(&draft.name, rules.words));
    refuse(GoodsField::Price, price::check(draft.price));
    refuse(GoodsField::Url, check_url(draft, rules.pages));
    let foreign = &draft.third_party_appid;
    let is_app = foreign.is_empty() || foreign.parse::<AppId>().is_ok();
    let bad = (!is_app).then_some(GoodsRule::BadCharacters);
    refuse(GoodsField::ThirdPartyAppid, bad);
    refuse(GoodsField::GoodsKey, check_keys(&draft.goods_key));
    broken
}

fn check_name(name: &str, words: &Words) -> Option<GoodsRule> {
    if name.trim().is_empty() {
        return Some(GoodsRule::Required);
    }
    if !is_printable(name) {
        return Some(GoodsRule::BadCharacters);
    }
    match text::width(name) {
        n if n < NAME_WIDTH.0 => Some(GoodsRule::TooShort),
        n if n > NAME_WIDTH.1 => Some(GoodsRule::TooLong),
        _ => words.forbid(name).then_some(GoodsRule::Forbidden),
    }
}

fn check_url(draft: &GoodsDraft, pages: &[String]) -> Option<GoodsRule> {
    let url = draft.url.trim();
    if url.is_empty() {
        return Some(GoodsRule::Required);
    }
    if url.len() > MAX_URL_BYTES {
        return Some(GoodsRule::TooLong);
    }
    if !is_printable(url) || url.contains(char::is_whitespace) {
        return Some(GoodsRule::BadCharacters);
    }
    let foreign = !draft.third_party_appid.is_empty();
    let known = pages.is_empty() || foreign || pages.iter().any(|page| page == page_of(url));
    (!known).then_some(GoodsRule::PageUnknown)
}

/// The path of a page: without query, the slash before it and the ending `.html`, which the
/// developer tools write.
pub fn page_of(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = path.trim_start_matches('/');
    path.strip_suffix(".html").unwrap_or(path)
}

/// Whether the keys of a page's query can be used.
pub fn check_keys(keys: &[String]) -> Option<GoodsRule> {
    let (most, longest) = MAX_GOODS_KEYS;
    if keys.len() > most || keys.iter().any(|key| key.chars().count() > longest) {
        return Some(GoodsRule::TooLong);
    }
    let bad = |key: &String| key.trim().is_empty() || !is_printable(key);
    keys.iter().any(bad).then_some(GoodsRule::BadCharacters)
}

fn is_printable(text: &str) -> bool {
    !text
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn draft() -> GoodsDraft {
        GoodsDraft {
            name: "帆布双肩包".into(),
            cover: "0".repeat(32),
            price: Price::Fixed(5_990),
            url: "pages/goods/detail?id=7".into(),
            third_party_appid: String::new(),
            goods_key: Vec::new(),
        }
    }

    fn broken(
        change: impl FnOnce(&mut GoodsDraft),
        pages: &[String],
    ) -> Vec<(GoodsField, GoodsRule)> {
        let mut draft = draft();
        change(&mut draft);
        let words = Words::default();
        check(
            &draft,
            GoodsRules {
                words: &words,
                pages,
            },
        )
    }

    #[test]
    fn names_have_three_to_fourteen_chinese_characters() {
        let rule = |name: &str| {
            broken(|d| d.name = name.into(), &[])
                .first()
                .map(|(_, r)| *r)
        };
        assert_eq!(rule("包包"), Some(GoodsRule::TooShort));
        assert_eq!(rule("双肩包"), None);
        assert_eq!(rule("一二三四五六七八九十一二三四"), None);
        assert_eq!(
            rule("一二三四五六七八九十一二三四五"),
            Some(GoodsRule::TooLong)
        );
        assert_eq!(rule("  "), Some(GoodsRule::Required));
        assert_eq!(rule("赌博专场票"), Some(GoodsRule::Forbidden));
        assert_eq!(rule("双肩\u{202e}包"), Some(GoodsRule::BadCharacters));
    }

    #[test]
    fn a_page_is_looked_for_only_where_pages_are_known() {
        let pages = ["pages/goods/detail".to_owned()];
        let rule = |url: &str, pages| {
            broken(|d| d.url = url.into(), pages)
                .first()
                .map(|(_, r)| *r)
        };
        assert_eq!(rule("/pages/goods/detail.html?id=1", &pages[..]), None);
        assert_eq!(
            rule("pages/none/none", &pages[..]),
            Some(GoodsRule::PageUnknown)
        );
        assert_eq!(rule("pages/none/none", &[][..]), None);
        assert_eq!(rule("a b", &[][..]), Some(GoodsRule::BadCharacters));
        let foreign = |d: &mut GoodsDraft| {
            d.url = "pages/none/none".into();
            d.third_party_appid = "wx0123456789abcdef".into();
        };
        assert_eq!(broken(foreign, &pages), []);
    }

    #[test]
    fn keys_are_few_and_short() {
        let keys = |n| vec!["id".to_owned(); n];
        assert_eq!(check_keys(&keys(10)), None);
        assert_eq!(check_keys(&keys(11)), Some(GoodsRule::TooLong));
        assert_eq!(check_keys(&[String::new()]), Some(GoodsRule::BadCharacters));
    }
}
