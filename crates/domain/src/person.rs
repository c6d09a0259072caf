//! People whom an app knows: verified, given a role, invited or imported.

use crate::role::Role;

/// Whether somebody who is new may be known by this id: a letter, then 5 to 19 letters, digits,
/// hyphens or underscores, as WeChat makes them. Ids that an app knows already are taken as they
/// are ([`crate::anchor::is_wechat_id`]).
pub fn is_new_wechat_id(text: &str) -> bool {
    let mut bytes = text.bytes();
    (6..=20).contains(&text.len())
        && bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Whether a text can be a person's nickname: 1 to 32 characters, emoji included, none of which
/// is invisible or turns the text around.
pub fn is_nickname(text: &str) -> bool {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
    };
    (1..=32).contains(&text.chars().count()) && !text.trim().is_empty() && !text.contains(hidden)
}

/// Whether a text says why: 2 to 200 characters on one line.
pub fn is_reason(text: &str) -> bool {
    (2..=200).contains(&text.trim().chars().count()) && !text.contains(char::is_control)
}

/// Why something about people is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonRefusal {
    /// Not a WeChat id, or nobody's whom the app knows.
    #[error("the WeChat id is not acceptable")]
    NotAcceptable,
    /// The verification of the room's anchor does not hold, so the room does not go on air.
    #[error("the anchor's verification does not hold")]
    VerificationOver,
    /// What was submitted is decided already, or is not there.
    #[error("nothing of this person is to be decided")]
    NothingSubmitted,
    /// No such device, or it is shut out.
    #[error("no such device")]
    DeviceUnknown,
    /// No reason, or one of more than 200 characters.
    #[error("a reason of 2 to 200 characters is needed")]
    Reason,
    /// Not a nickname.
    #[error("the nickname is not acceptable")]
    Nickname,
    /// The owner is neither made nor unmade.
    #[error("role 0 is neither given nor taken")]
    OwnerIsFixed,
    /// As many people hold the role as may.
    #[error("{} people hold role {}, as many as may", .0.most(), .0.number())]
    RoleFull(Role),
    /// The person holds the role.
    #[error("the person holds this role already")]
    RoleHeld,
    /// An anchor with a room that has yet to go live keeps the role.
    #[error("the anchor has a room that has yet to go live")]
    RoomPlanned,
    /// The anchor is verified, but the role was taken away.
    #[error("the person does not hold the role of an anchor")]
    NotAnAnchor,
    /// Not somebody who can be a sub-anchor.
    #[error("the sub-anchor is not acceptable")]
    SubAnchorNotAcceptable,
    /// The room has another sub-anchor.
    #[error("the room has a sub-anchor already")]
    SubAnchorSet,
    /// The person is the room's sub-anchor.
    #[error("the person is the room's sub-anchor already")]
    SubAnchorSame,
    /// The person is the room's anchor.
    #[error("the person is the room's anchor")]
    SubAnchorIsAnchor,
    /// The person is an assistant of the room.
    #[error("the person is an assistant of the room already")]
    AssistantHeld,
    /// The room has as many assistants as it may.
    #[error("the room has as many assistants as it may")]
    AssistantsFull,
    /// Not an assistant of the room, or nobody whom the app knows.
    #[error("no such assistant")]
    AssistantUnknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_ids_are_as_wechat_makes_them() {
        for good in ["anchor_a", "nobody", "wxid-0", "A12345678901234567_9"] {
            assert!(is_new_wechat_id(good), "{good}");
        }
        for bad in [
            "",
            "anna1",
            "1anchor",
            "_anchor",
            "bad id",
            "主播小王小王",
            "a234567890123456789012",
        ] {
            assert!(!is_new_wechat_id(bad), "{bad}");
        }
    }

    #[test]
    fn nicknames_may_hold_emoji_and_nothing_that_hides() {
        for good in ["x", "小帮手", "👩‍🍳 Anna", &"名".repeat(32)] {
            assert!(is_nickname(good), "{good}");
        }
        for bad in ["", "  ", "a\nb", "a\u{202e}b", "\u{200b}", &"名".repeat(33)] {
            assert!(!is_nickname(bad), "{bad:?}");
        }
    }
}
