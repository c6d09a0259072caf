//! Anchors: who may broadcast, known by a WeChat id.

use serde::{Deserialize, Serialize};

use crate::{HOUR_MS, UnixMs};

/// Whether a person has shown who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verification {
    /// Asked for, not yet done.
    Pending,
    /// Done; the person holds [`crate::role::Role::Anchor`].
    Verified,
}

/// How long a verification holds: the shortest half year, since the law asks for a look at least
/// every half year.
pub const RECHECK_MS: i64 = 181 * 24 * HOUR_MS;

/// Whether a verification holds at `now`. One that is due for another look holds no more.
pub fn holds(state: Verification, due_at: Option<UnixMs>, now: UnixMs) -> bool {
    state == Verification::Verified && due_at.is_some_and(|due_at| now < due_at)
}

/// Whether a text can be a WeChat id: 1 to 64 visible characters without spaces. WeChat's own
/// rule (a letter, then 5 to 19 more) is narrower, but ids that merchants hold are taken as they
/// are.
pub fn is_wechat_id(text: &str) -> bool {
    let count = text.chars().count();
    (1..=64).contains(&count)
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || "-_@.".contains(c))
}

/// An id with its middle hidden, as WeChat's list of roles shows it: `we****01`.
pub fn masked(wechat_id: &str) -> String {
    let chars: Vec<char> = wechat_id.chars().collect();
    let shown = if chars.len() >= 6 { 2 } else { 1 };
    let head: String = chars.iter().take(shown).collect();
    let tail: String = chars[chars.len().saturating_sub(shown)..].iter().collect();
    format!("{head}****{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_ids_hide_their_middle() {
        assert_eq!(masked("wechat_anchor_01"), "we****01");
        assert_eq!(masked("abc"), "a****c");
    }

    #[test]
    fn ids_with_spaces_or_markup_are_none() {
        assert!(is_wechat_id("anchor_01"));
        assert!(is_wechat_id("主播小王"));
        assert!(!is_wechat_id(""));
        assert!(!is_wechat_id("a b"));
        assert!(!is_wechat_id("<a>"));
    }
}
