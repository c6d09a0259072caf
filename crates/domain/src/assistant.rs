//! Assistants: people who help in one room, by the nickname they have there.

use crate::UnixMs;

/// How many a room has at most (WeChat's `maxCount`).
pub const MAX_ASSISTANTS: usize = 10;

/// Somebody who helps in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assistant {
    /// Who.
    pub wechat_id: String,
    /// What they are called in this room.
    pub nickname: String,
    /// Since when.
    pub added_at: UnixMs,
}
