//! What a person may do in an app; numbers are WeChat's (spec section 3.2).

use serde::{Deserialize, Serialize};

/// A role of a person in an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// 0: owns the app; neither given nor taken by the API.
    Owner,
    /// 1: may do everything but own it.
    Admin,
    /// 2: may broadcast once verified.
    Anchor,
    /// 3: runs rooms and shelves.
    Operator,
}

impl Role {
    /// Every role, by its number.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Anchor, Self::Operator];

    /// WeChat's number.
    pub fn number(self) -> u8 {
        match self {
            Self::Owner => 0,
            Self::Admin => 1,
            Self::Anchor => 2,
            Self::Operator => 3,
        }
    }

    /// The role of a number.
    pub fn of_number(number: i64) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|role| i64::from(role.number()) == number)
    }

    /// How many people of an app hold it at most.
    pub fn most(self) -> i64 {
        match self {
            Self::Owner => 1,
            Self::Admin => 10,
            Self::Anchor | Self::Operator => 500,
        }
    }
}
