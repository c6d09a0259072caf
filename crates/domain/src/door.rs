//! How an app's calls of the WeChat-compatible API are let in.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::net::IpNet;
use crate::quota::AppQuotas;

/// What an operator set for one app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Door {
    /// `None`: the installation's.
    pub profile: Option<Profile>,
    /// The networks that may call; none: everybody.
    pub allowed: Vec<IpNet>,
    /// Limits of its own.
    pub quotas: AppQuotas,
}

impl Door {
    /// Whether calls from this address are let in.
    pub fn admits(&self, address: IpAddr) -> bool {
        self.allowed.is_empty() || self.allowed.iter().any(|net| net.contains(address))
    }
}

/// What is held against a caller who does not call as WeChat's documents say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Whatever a known SDK sends is understood.
    #[default]
    Tolerant,
    /// What WeChat refuses is refused, with WeChat's number.
    Strict,
}

/// A text is not the name of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a profile is \"tolerant\" or \"strict\"")]
pub struct UnknownProfile;

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tolerant => "tolerant",
            Self::Strict => "strict",
        })
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        match text {
            "tolerant" => Ok(Self::Tolerant),
            "strict" => Ok(Self::Strict),
            _ => Err(UnknownProfile),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_read_as_it_is_written() {
        for profile in [Profile::Tolerant, Profile::Strict] {
            assert_eq!(profile.to_string().parse(), Ok(profile));
        }
        assert_eq!("lax".parse::<Profile>(), Err(UnknownProfile));
    }
}
