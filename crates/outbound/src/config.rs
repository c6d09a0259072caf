//! What the operator may set about calls that leave the house.

use jiff::SignedDuration;
use kaibo_domain::net::IpNet;
use serde::Deserialize;

use crate::wechat::api::WechatBase;

/// `[outbound]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutboundConfig {
    /// Private networks that may be called.
    pub allow_private: Vec<IpNet>,
    /// How long one call may take, from the first look at the name to the answer's end.
    pub timeout: SignedDuration,
    /// Most calls to one host at once.
    pub connections_per_host: usize,
    /// Where WeChat's API is.
    pub wechat_base: WechatBase,
}

impl Default for OutboundConfig {
    fn default() -> Self {
        Self {
            allow_private: Vec::new(),
            timeout: SignedDuration::from_secs(10),
            connections_per_host: 8,
            wechat_base: WechatBase::default(),
        }
    }
}
