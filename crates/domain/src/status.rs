//! Where a room stands.

use serde::{Deserialize, Serialize};

/// A room's status; the numbers are WeChat's (spec section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub enum Status {
    /// 101: on air.
    Live,
    /// 102: not started.
    Planned,
    /// 103: over.
    Ended,
    /// 104: banned.
    Banned,
    /// 105: paused by the console.
    Paused,
    /// 106: on air, but without a stream.
    Lost,
    /// 107: not started in time.
    Expired,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::Live,
        Self::Planned,
        Self::Ended,
        Self::Banned,
        Self::Paused,
        Self::Lost,
        Self::Expired,
    ];

    /// WeChat's number.
    pub fn number(self) -> u16 {
        match self {
            Self::Live => 101,
            Self::Planned => 102,
            Self::Ended => 103,
            Self::Banned => 104,
            Self::Paused => 105,
            Self::Lost => 106,
            Self::Expired => 107,
        }
    }

    /// Started and not over: counts towards the rooms live at once.
    pub fn is_on_air(self) -> bool {
        matches!(self, Self::Live | Self::Paused | Self::Lost)
    }

    /// A publisher may push: on air, or before the start (a preview).
    pub fn takes_a_stream(self) -> bool {
        self == Self::Planned || self.is_on_air()
    }
}

impl From<Status> for u16 {
    fn from(status: Status) -> Self {
        status.number()
    }
}

impl TryFrom<u16> for Status {
    type Error = String;

    fn try_from(number: u16) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|s| s.number() == number)
            .ok_or_else(|| format!("{number} is no room status"))
    }
}
