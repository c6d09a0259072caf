//! What a room is planned to be, and the rules for the plan.

use serde::{Deserialize, Serialize};

use crate::refusal::{Field, FieldRefusal, FieldRule};
use crate::words::Words;
use crate::{HOUR_MS, MINUTE_MS, UnixMs, anchor, text};

/// Who feeds the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoomKind {
    /// 0: a phone.
    Phone,
    /// 1: an encoder such as OBS.
    #[default]
    Push,
}

/// Parts of the viewer's page that can be closed. `true` = closed, as WeChat's `close*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switches {
    /// Likes.
    pub close_like: bool,
    /// Shelf.
    pub close_goods: bool,
    /// Comments.
    pub close_comment: bool,
    /// Replay.
    pub close_replay: bool,
    /// Sharing.
    pub close_share: bool,
    /// Customer service.
    pub close_kf: bool,
    /// Listed publicly (`true` = listed, the other way round than `close*`).
    pub feeds_public: bool,
}

impl Default for Switches {
    /// WeChat's defaults (spec section 3.3).
    fn default() -> Self {
        Self {
            close_like: false,
            close_goods: false,
            close_comment: false,
            close_replay: true,
            close_share: false,
            close_kf: true,
            feeds_public: true,
        }
    }
}

/// Everything about a room that a person chooses.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Draft {
    /// Title, 6 to 34 half-width units.
    pub name: String,
    /// Planned start.
    pub start_at: UnixMs,
    /// Planned end.
    pub end_at: UnixMs,
    /// Anchor's nickname, 4 to 30 half-width units.
    pub anchor_name: String,
    /// Anchor's WeChat id.
    pub anchor_wechat: String,
    /// Sub-anchor's WeChat id.
    pub sub_anchor_wechat: Option<String>,
    /// Creator's WeChat id: if set, the room is theirs and the admins' to see.
    pub creator_wechat: Option<String>,
    /// Who feeds the picture.
    pub kind: RoomKind,
    /// Background image: name of a stored image.
    pub cover: Option<String>,
    /// Share-card image.
    pub share: Option<String>,
    /// Listing image.
    pub feeds: Option<String>,
    /// Closed parts.
    pub switches: Switches,
}

/// Bounds of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanRules {
    /// Least time from now to the start.
    pub min_lead_ms: i64,
    /// Greatest time from now to the start.
    pub max_ahead_ms: i64,
    /// Least length.
    pub min_length_ms: i64,
    /// Greatest length; also the cap of a broadcast.
    pub max_length_ms: i64,
}

impl Default for PlanRules {
    fn default() -> Self {
        Self {
            min_lead_ms: 10 * MINUTE_MS,
            max_ahead_ms: 184 * 24 * HOUR_MS, // the longest six months
            min_length_ms: 30 * MINUTE_MS,
            max_length_ms: 12 * HOUR_MS,
        }
    }
}

/// Least and greatest width of a title, in half-width units.
pub const NAME_WIDTH: (usize, usize) = (6, 34);
/// Least and greatest width of an anchor's nickname, in half-width units.
pub const ANCHOR_NAME_WIDTH: (usize, usize) = (4, 30);

/// All rules that `draft` breaks, in the order of WeChat's fields; empty when it is good.
/// `before` is the room as it stands, for an edit: a start that stays the same may be near.
pub fn check(
    draft: &Draft,
    before: Option<&Draft>,
    now: UnixMs,
    rules: &PlanRules,
) -> Vec<FieldRefusal> {
    let mut broken = Vec::new();
    let mut refuse = |field, rule| broken.push(FieldRefusal { field, rule });
    if let Some(rule) = check_text(&draft.name, NAME_WIDTH) {
        refuse(Field::Name, rule);
    }
    if let Some((field, rule)) = check_plan(draft, before, now, rules) {
        refuse(field, rule);
    }
    if let Some(rule) = check_text(&draft.anchor_name, ANCHOR_NAME_WIDTH) {
        refuse(Field::AnchorName, rule);
    }
    if draft.anchor_wechat.is_empty() {
        refuse(Field::AnchorWechat, FieldRule::Required);
    } else if !anchor::is_wechat_id(&draft.anchor_wechat) {
        refuse(Field::AnchorWechat, FieldRule::NotAnId);
    }
    if let Some(sub) = &draft.sub_anchor_wechat {
        if !anchor::is_wechat_id(sub) {
            refuse(Field::SubAnchorWechat, FieldRule::NotAnId);
        } else if *sub == draft.anchor_wechat {
            refuse(Field::SubAnchorWechat, FieldRule::SameAsAnchor);
        }
    }
    if draft
        .creator_wechat
        .as_deref()
        .is_some_and(|id| !anchor::is_wechat_id(id))
    {
        refuse(Field::CreatorWechat, FieldRule::NotAnId);
    }
    broken
}

/// Names of `draft` that have a word which nothing may be called by. A name that was there
/// `before` stays, so that new words do not keep old rooms from being edited.
pub fn forbidden(draft: &Draft, before: Option<&Draft>, words: &Words) -> Vec<FieldRefusal> {
    let names = [
        (Field::Name, &draft.name, before.map(|b| &b.name)),
        (
            Field::AnchorName,
            &draft.anchor_name,
            before.map(|b| &b.anchor_name),
        ),
    ];
    let broken = names
        .into_iter()
        .filter(|(_, name, before)| Some(*name) != *before && words.forbid(name));
    broken
        .map(|(field, ..)| FieldRefusal {
            field,
            rule: FieldRule::Forbidden,
        })
        .collect()
}

fn check_text(value: &str, (least, most): (usize, usize)) -> Option<FieldRule> {
    if value.trim().is_empty() {
        return Some(FieldRule::Required);
    }
    if !text::is_plain(value) {
        return Some(FieldRule::BadCharacters);
    }
    match text::width(value) {
        n if n < least => Some(FieldRule::TooShort),
        n if n > most => Some(FieldRule::TooLong),
        _ => None,
    }
}

fn check_plan(
    draft: &Draft,
    before: Option<&Draft>,
    now: UnixMs,
    rules: &PlanRules,
) -> Option<(Field, FieldRule)> {
    let lead = draft.start_at.saturating_sub(now);
    let moved = before.is_none_or(|b| b.start_at != draft.start_at);
    if moved && lead < rules.min_lead_ms {
        return Some((Field::StartAt, FieldRule::StartsTooSoon));
    }
    if moved && lead > rules.max_ahead_ms {
        return Some((Field::StartAt, FieldRule::StartsTooLate));
    }
    let length = draft.end_at.saturating_sub(draft.start_at);
    if length < rules.min_length_ms {
        return Some((Field::EndAt, FieldRule::LastsTooShort));
    }
    if length > rules.max_length_ms {
        return Some((Field::EndAt, FieldRule::LastsTooLong));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = 1_800_000_000_000;

    fn good() -> Draft {
        Draft {
            name: "双十一专场".into(),
            start_at: NOW + 10 * MINUTE_MS,
            end_at: NOW + 40 * MINUTE_MS,
            anchor_name: "小王".into(),
            anchor_wechat: "anchor_01".into(),
            ..Draft::default()
        }
    }

    fn broken(change: impl FnOnce(&mut Draft)) -> Vec<(Field, FieldRule)> {
        let mut draft = good();
        change(&mut draft);
        check(&draft, None, NOW, &PlanRules::default())
            .iter()
            .map(|r| (r.field, r.rule))
            .collect()
    }

    #[test]
    fn the_narrowest_good_plan_passes() {
        assert_eq!(broken(|_| ()), []);
    }

    #[test]
    fn start_is_ten_minutes_to_six_months_ahead() {
        assert_eq!(
            broken(|d| d.start_at -= 1),
            [(Field::StartAt, FieldRule::StartsTooSoon)]
        );
        let late = NOW + 184 * 24 * HOUR_MS;
        assert_eq!(
            broken(|d| (d.start_at, d.end_at) = (late, late + HOUR_MS)),
            []
        );
        assert_eq!(
            broken(|d| (d.start_at, d.end_at) = (late + 1, late + HOUR_MS)),
            [(Field::StartAt, FieldRule::StartsTooLate)]
        );
        assert_eq!(
            broken(|d| (d.start_at, d.end_at) = (i64::MIN, i64::MAX)),
            [(Field::StartAt, FieldRule::StartsTooSoon)]
        );
    }

    #[test]
    fn length_is_half_an_hour_to_the_cap() {
        assert_eq!(
            broken(|d| d.end_at -= 1),
            [(Field::EndAt, FieldRule::LastsTooShort)]
        );
        assert_eq!(broken(|d| d.end_at = d.start_at + 12 * HOUR_MS), []);
        assert_eq!(
            broken(|d| d.end_at = d.start_at + 12 * HOUR_MS + 1),
            [(Field::EndAt, FieldRule::LastsTooLong)]
        );
    }

    #[test]
    fn names_are_measured_in_half_width_units() {
        assert_eq!(
            broken(|d| d.name = "开播".into()),
            [(Field::Name, FieldRule::TooShort)]
        );
        assert_eq!(broken(|d| d.name = "开".repeat(17)), []);
        assert_eq!(
            broken(|d| d.name = "开".repeat(18)),
            [(Field::Name, FieldRule::TooLong)]
        );
        assert_eq!(
            broken(|d| d.anchor_name = "王".into()),
            [(Field::AnchorName, FieldRule::TooShort)]
        );
        assert_eq!(
            broken(|d| d.anchor_name = "王".repeat(16)),
            [(Field::AnchorName, FieldRule::TooLong)]
        );
        assert_eq!(
            broken(|d| d.name = "<script>".into()),
            [(Field::Name, FieldRule::BadCharacters)]
        );
    }

    #[test]
    fn sub_anchor_is_somebody_else() {
        assert_eq!(
            broken(|d| d.sub_anchor_wechat = Some("anchor_01".into())),
            [(Field::SubAnchorWechat, FieldRule::SameAsAnchor)]
        );
    }

    #[test]
    fn an_edit_may_keep_a_start_that_is_near() {
        let before = good();
        let mut after = before.clone();
        after.name = "换个标题".into();
        let soon = NOW + 9 * MINUTE_MS;
        assert_eq!(
            check(&after, Some(&before), soon, &PlanRules::default()),
            []
        );
        after.start_at += 1;
        assert_eq!(
            check(&after, Some(&before), soon, &PlanRules::default()).len(),
            1
        );
    }
}
