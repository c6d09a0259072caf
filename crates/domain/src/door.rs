//! How an app's calls of the WeChat-compatible API are let in.

use serde::{Deserialize, Serialize};

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
