//! Who wants to be told of an app's lives: of one room (single) or of all (long-term, "follow").
//! Spec sections 8 and 9.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::status::Status;

/// Most people that one push may name (spec E38).
pub const MAX_RECIPIENTS: usize = 2_000;
/// Most followers on one page (spec E37).
pub const MAX_FOLLOWERS: i64 = 2_000;
/// Most people that one event names, which bounds what a merchant's server gets in one call.
pub const REMINDER_BATCH: usize = 200;

/// A person as one app knows them: 1 to 128 letters, digits, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OpenId(String);

impl OpenId {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its ends alone, for people who need not know more.
    pub fn masked(&self) -> String {
        match self.0.len() {
            0..=8 => format!("{}***", &self.0[..1]),
            n => format!("{}***{}", &self.0[..4], &self.0[n - 2..]),
        }
    }
}

impl FromStr for OpenId {
    type Err = SubscriptionRefusal;

    fn from_str(text: &str) -> Result<Self, SubscriptionRefusal> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if (1..=128).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SubscriptionRefusal::OpenId)
        }
    }
}

impl TryFrom<String> for OpenId {
    type Error = SubscriptionRefusal;

    fn try_from(text: String) -> Result<Self, SubscriptionRefusal> {
        text.parse()
    }
}

impl From<OpenId> for String {
    fn from(id: OpenId) -> Self {
        id.0
    }
}

impl fmt::Display for OpenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why somebody does not subscribe, or nobody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubscriptionRefusal {
    /// Not an openid.
    #[error("an openid has 1 to 128 letters, digits, _ and -")]
    OpenId,
    /// The start that a single subscription waits for is past.
    #[error("the room has started already")]
    Started,
    /// Nobody to be told, or too many.
    #[error("a push names 1 to {MAX_RECIPIENTS} people")]
    Recipients,
    /// The room to be pushed is not live.
    #[error("the room is not live")]
    NotLive,
    /// Another room of the app was pushed today.
    #[error("another room was pushed today")]
    PushedToday,
}

/// What a single subscription and a follow are told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionKind {
    /// To be told when this room starts.
    Room,
    /// To be told of the app's lives, until taken back.
    Follow,
}

/// What became of the people that a push named (spec V2): all the parts make the total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushCounts {
    /// Named in the call.
    pub total: i64,
    /// Handed on to what brings reminders.
    pub success: i64,
    /// Not an openid.
    pub openid_error: i64,
    /// Does not follow the app.
    pub relation_error: i64,
    /// Was told of a live today.
    pub recv_limit: i64,
    /// Could be told, but nothing brings it.
    pub internal_error: i64,
}

/// How events of followers name a status: 101, 102 or 103 alone.
pub fn told_status(status: Status) -> Status {
    match status {
        Status::Planned => Status::Planned,
        Status::Live | Status::Paused | Status::Lost => Status::Live,
        Status::Ended | Status::Banned | Status::Expired => Status::Ended,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_openid_is_short_and_plain() {
        let longest = "o".repeat(128);
        for good in ["openid-a", "oABCD_0123456789abcdefghijk", longest.as_str()] {
            assert_eq!(good.parse::<OpenId>().unwrap().as_str(), good);
        }
        let longer = "o".repeat(129);
        for bad in ["", "o p", "用户", "o<b>", "o\n", longer.as_str()] {
            assert_eq!(bad.parse::<OpenId>(), Err(SubscriptionRefusal::OpenId));
        }
    }

    #[test]
    fn a_masked_openid_tells_nobody_s() {
        let masked = |text: &str| text.parse::<OpenId>().unwrap().masked();
        assert_eq!(masked("oABCD0123456789"), "oABC***89");
        assert_eq!(masked("ab"), "a***");
    }
}
