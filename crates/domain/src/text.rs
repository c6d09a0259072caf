//! Lengths and characters of names: WeChat counts a Chinese character as two.

/// Length in half-width units: Latin and half-width forms count 1, all else counts 2
/// (spec section 2, "1 Chinese character = 2 characters").
pub fn width(text: &str) -> usize {
    text.chars()
        .map(|c| if is_half_width(c) { 1 } else { 2 })
        .sum()
}

fn is_half_width(c: char) -> bool {
    matches!(c, '\0'..='\u{ff}' | '\u{ff61}'..='\u{ffdc}' | '\u{ffe8}'..='\u{ffee}')
}

/// Letters, digits and everyday punctuation of any script; no emoji, markup or control
/// characters (WeChat answers 300040 for "special characters" without listing them).
pub fn is_plain(text: &str) -> bool {
    const PUNCTUATION: &str =
        " ·-—–_,，.。!！?？:：;；、()（）[]【】「」『』《》“”‘’'\"&＆+＋#%％~～@/|｜￥¥$…×*=°№";
    text.chars()
        .all(|c| c.is_alphanumeric() || is_mark(c) || PUNCTUATION.contains(c))
}

// Vowel signs and tone marks of scripts such as Thai or Hindi, which are not letters themselves.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' | '\u{e31}'..='\u{e4e}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_counts_two_and_latin_one() {
        assert_eq!(width("开播"), 4);
        assert_eq!(width("Live 开播"), 9);
        assert_eq!(width("（１）"), 6);
        assert_eq!(width("ｱ"), 1);
        assert_eq!(width(""), 0);
    }

    #[test]
    fn plain_names_pass_and_emoji_and_markup_do_not() {
        for good in [
            "双11 年货节·第2场",
            "Summer sale!",
            "ผลไม้สด",
            "618（下午场）",
        ] {
            assert!(is_plain(good), "{good}");
        }
        for bad in [
            "<b>sale</b>",
            "sale 🎉",
            "a\u{0}b",
            "a\u{200b}b",
            "line\nbreak",
            "a\u{202e}b",
        ] {
            assert!(!is_plain(bad), "{bad}");
        }
    }
}
