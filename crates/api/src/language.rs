//! Which language a reader's messages come in.

use axum::http::{HeaderMap, header::ACCEPT_LANGUAGE};

/// A language the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// Simplified Chinese, the default.
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The language of `Accept-Language` with the highest weight that the server speaks
    /// (RFC 9110 section 12.5.4); Chinese when it names none.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut best = (Self::Chinese, 0.0);
        let accepted = headers
            .get(ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        for range in accepted.split(',').take(32) {
            let (tag, weight) = range.split_once(";q=").unwrap_or((range, "1"));
            let weight: f32 = weight.trim().parse().unwrap_or(0.0);
            let primary = tag.trim().split('-').next().unwrap_or_default();
            let language = match primary.to_ascii_lowercase().as_str() {
                "zh" => Self::Chinese,
                "en" => Self::English,
                _ => continue,
            };
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(accepted: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, accepted.parse().unwrap());
        Language::of(&headers)
    }

    #[test]
    fn the_heaviest_spoken_language_wins_and_chinese_is_the_default() {
        assert_eq!(Language::of(&HeaderMap::new()), Language::Chinese);
        assert_eq!(of("en-GB"), Language::English);
        assert_eq!(of("zh-CN,zh;q=0.9,en;q=0.8"), Language::Chinese);
        assert_eq!(of("fr, en;q=0.5, zh;q=0.4"), Language::English);
        assert_eq!(of("en;q=0"), Language::Chinese);
        assert_eq!(of("de"), Language::Chinese);
    }
}
