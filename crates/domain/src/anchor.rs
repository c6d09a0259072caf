//! Anchors: who may broadcast, known by a WeChat id.

use serde::{Deserialize, Serialize};

use crate::identity::SubmissionState;
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

/// From so long before it is due on, somebody may be verified anew.
pub const RENEWAL_MS: i64 = 30 * 24 * HOUR_MS;

/// How a person's verification looks from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has filled in anything.
    Pending,
    /// To be decided.
    Submitted,
    /// Sent back.
    Rejected,
    /// It holds.
    Verified,
    /// It held once, and is due for another look.
    Due,
}

impl Standing {
    /// What `state` and `due_at` of the anchor and the latest submission come to at `now`.
    pub fn of(
        state: Verification,
        due_at: Option<UnixMs>,
        latest: Option<&SubmissionState>,
        now: UnixMs,
    ) -> Self {
        match latest {
            _ if holds(state, due_at, now) => Self::Verified,
            Some(SubmissionState::Open) => Self::Submitted,
            Some(SubmissionState::Rejected { .. }) => Self::Rejected,
            _ if state == Verification::Verified => Self::Due,
            _ => Self::Pending,
        }
    }
}

/// Whether somebody may submit at `now`: whoever is not verified, or will soon be due, and waits
/// for no decision.
pub fn may_submit(
    state: Verification,
    due_at: Option<UnixMs>,
    latest: Option<&SubmissionState>,
    now: UnixMs,
) -> bool {
    !holds(state, due_at, now.saturating_add(RENEWAL_MS))
        && latest.is_none_or(|latest| *latest != SubmissionState::Open)
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
    fn a_verification_holds_half_a_year_and_may_be_renewed_a_month_before() {
        use {Standing as S, Verification::Pending, Verification::Verified};
        let due = Some(RECHECK_MS);
        let (open, approved) = (SubmissionState::Open, SubmissionState::Approved);
        let reason = "不清晰".into();
        let rejected = SubmissionState::Rejected { reason };
        let (renewal, last) = (RECHECK_MS - RENEWAL_MS, RECHECK_MS - 1);
        let check = |state, due_at, latest: Option<&SubmissionState>, now, standing, may| {
            let case = format!("{state:?} {latest:?} {now}");
            assert_eq!(Standing::of(state, due_at, latest, now), standing, "{case}");
            assert_eq!(may_submit(state, due_at, latest, now), may, "{case}");
        };
        check(Pending, None, None, 0, S::Pending, true);
        check(Pending, None, Some(&open), 0, S::Submitted, false);
        check(Pending, None, Some(&rejected), 0, S::Rejected, true);
        check(Verified, due, None, 0, S::Verified, false);
        check(Verified, due, Some(&approved), 0, S::Verified, false);
        check(Verified, due, None, renewal - 1, S::Verified, false);
        check(Verified, due, None, renewal, S::Verified, true);
        check(Verified, due, Some(&open), last, S::Verified, false);
        check(Verified, due, None, RECHECK_MS, S::Due, true);
        check(Verified, due, Some(&approved), RECHECK_MS, S::Due, true);
        check(Verified, due, Some(&open), RECHECK_MS, S::Submitted, false);
        check(
            Verified,
            due,
            Some(&rejected),
            RECHECK_MS,
            S::Rejected,
            true,
        );
    }

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
