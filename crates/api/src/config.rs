//! What an operator may set about the HTTP side.

use serde::Deserialize;

use crate::peer::IpNet;

/// Settings of the HTTP side; unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApiConfig {
    /// Reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed: addresses or
    /// networks such as `10.0.0.0/8`. Empty: the peer of the connection is the client.
    pub proxies: Vec<IpNet>,
    /// Event streams open at once for one client address (one /64 with IPv6). Many phones share
    /// one address behind a carrier's translation, so this is far above one person's need.
    pub event_streams_per_ip: usize,
    /// Event streams open at once in all.
    pub event_streams: usize,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self {
            proxies: Vec::new(),
            event_streams_per_ip: 512,
            event_streams: 20_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_and_bad_networks_are_refused() {
        let read = |json: &str| serde_json::from_str::<ApiConfig>(json);
        assert_eq!(read("{}").unwrap(), ApiConfig::default());
        assert!(read(r#"{"proxies": ["10.0.0.0/8", "::1"]}"#).is_ok());
        assert!(read(r#"{"proxies": ["10.0.0.0/33"]}"#).is_err());
        assert!(read(r#"{"proxy": []}"#).is_err());
    }
}
