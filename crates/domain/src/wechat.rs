//! An app's account with WeChat itself: the real mini program behind it, and what is asked of
//! WeChat in its name.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{MINUTE_MS, UnixMs};

/// A token is bought anew when so much of its life is left: WeChat itself makes a new one in the
/// last five minutes, so that asking earlier gives the old one again.
const RENEW_BEFORE_MS: i64 = 4 * MINUTE_MS;
/// After WeChat sold no token it is asked again no earlier than this.
const PAUSE_MS: i64 = 10_000;
/// WeChat sells 20 tokens a day against its own word; this is the least time between two.
pub const FORCE_INTERVAL_MS: i64 = 10 * MINUTE_MS;
/// Longest path that is called.
const MAX_PATH: usize = 256;

/// Why an app has no account with WeChat, or not this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WechatRefusal {
    /// The app has none.
    #[error("no WeChat AppID and AppSecret are set for this app")]
    NotSet,
    /// Not an AppID.
    #[error("a WeChat AppID is wx and 16 letters and digits")]
    AppId,
    /// Not an AppSecret.
    #[error("a WeChat AppSecret has 32 letters and digits")]
    Secret,
}

/// Whether `appid` looks like WeChat's.
pub fn check_appid(appid: &str) -> Result<(), WechatRefusal> {
    let rest = appid.strip_prefix("wx").unwrap_or_default();
    if rest.len() == 16 && is_plain(rest) {
        Ok(())
    } else {
        Err(WechatRefusal::AppId)
    }
}

/// Whether `secret` looks like WeChat's.
pub fn check_secret(secret: &str) -> Result<(), WechatRefusal> {
    if secret.len() == 32 && is_plain(secret) {
        Ok(())
    } else {
        Err(WechatRefusal::Secret)
    }
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// What opens WeChat's API for one mini program. Does not print its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct WechatCredentials {
    /// The mini program's AppID.
    pub appid: String,
    /// Its AppSecret.
    pub secret: String,
}

impl fmt::Debug for WechatCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WechatCredentials")
            .field("appid", &self.appid)
            .finish_non_exhaustive()
    }
}

/// An access token of WeChat's. Does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct WechatToken {
    /// Shown with every call.
    pub token: String,
    /// When it is over.
    pub expires_at: UnixMs,
}

impl WechatToken {
    /// Whether it is not worth while to buy another.
    pub fn serves(&self, now: UnixMs) -> bool {
        self.expires_at - now > RENEW_BEFORE_MS
    }
}

impl fmt::Debug for WechatToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WechatToken")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Why WeChat sold no token, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TokenTrouble {
    /// There is no such AppID.
    #[error("WeChat knows no such AppID; compare it with the one on mp.weixin.qq.com")]
    AppidUnknown,
    /// The AppSecret is another one.
    #[error(
        "WeChat says that the AppSecret is wrong; after it was reset on mp.weixin.qq.com, set the \
         new one here"
    )]
    SecretWrong,
    /// The AppSecret was frozen.
    #[error("the AppSecret is frozen; unfreeze it on mp.weixin.qq.com")]
    SecretFrozen,
    /// Calls from this server's address are not taken.
    #[error(
        "WeChat takes no calls from {address}; add this address to the mini program's IP \
         allow-list on mp.weixin.qq.com"
    )]
    AddressNotAllowed {
        /// The address that WeChat sees.
        address: String,
    },
    /// Too many tokens were asked for.
    #[error("the mini program has asked for as many tokens as it may; try again tomorrow")]
    QuotaUsedUp,
    /// Another answer of WeChat's.
    #[error("WeChat answered {code}: {said}")]
    Refused {
        /// Its number.
        code: i64,
        /// Its text.
        said: String,
    },
    /// WeChat was not reached.
    #[error("WeChat cannot be reached: {why}")]
    Unreachable {
        /// What happened.
        why: String,
    },
}

/// Whether WeChat may be asked for a token again, after it gave none at `failed_at`.
pub fn may_ask_again(failed_at: UnixMs, now: UnixMs) -> bool {
    // A clock that was set back makes nobody wait longer.
    !(failed_at..failed_at + PAUSE_MS).contains(&now)
}

/// A path of WeChat's API, such as `wxa/getwxacode`: plain words with single slashes between them,
/// so that nothing in it can name another host or climb out of where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiPath(String);

impl ApiPath {
    /// The path of a request, with or without slashes before it; `None`: not one that is called.
    pub fn new(path: &str) -> Option<Self> {
        let path = path.trim_start_matches('/');
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        let good_word = |word: &str| {
            !word.is_empty() && word.bytes().all(plain) && !word.bytes().all(|b| b == b'.')
        };
        let good = path.len() <= MAX_PATH && path.split('/').all(good_word);
        good.then(|| Self(path.to_owned()))
    }

    /// Without a slash before it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `prefix` or lies below it, in capitals or not: nobody knows whether WeChat
    /// sees a difference.
    pub fn is_under(&self, prefix: &str) -> bool {
        let mut mine = self.0.split('/');
        let mut all = prefix.split('/');
        all.all(|word| mine.next().is_some_and(|m| m.eq_ignore_ascii_case(word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_look_like_wechats() {
        assert_eq!(check_appid("wx0123456789abcdef"), Ok(()));
        for bad in ["", "wx01", "gh_0123456789abcde", "wx0123456789abcde-"] {
            assert_eq!(check_appid(bad), Err(WechatRefusal::AppId), "{bad}");
        }
        assert_eq!(check_secret(&"a1".repeat(16)), Ok(()));
        for bad in ["", "a", &"a1".repeat(17), &"a-".repeat(16)] {
            assert_eq!(check_secret(bad), Err(WechatRefusal::Secret), "{bad}");
        }
    }

    #[test]
    fn nothing_that_opens_a_door_is_printed() {
        let credentials = WechatCredentials {
            appid: "wx0123456789abcdef".into(),
            secret: "opensesame".into(),
        };
        let token = WechatToken {
            token: "opensesame".into(),
            expires_at: 1,
        };
        let printed = format!("{credentials:?} {token:?}");
        assert!(!printed.contains("opensesame"), "{printed}");
    }

    #[test]
    fn a_token_serves_until_wechat_has_a_newer_one() {
        let token = WechatToken {
            token: "t".into(),
            expires_at: 7_200_000,
        };
        assert!(token.serves(7_200_000 - 5 * MINUTE_MS));
        assert!(!token.serves(7_200_000 - 4 * MINUTE_MS));
    }

    #[test]
    fn a_failure_is_not_repeated_at_once() {
        assert!(!may_ask_again(1_000_000, 1_000_000));
        assert!(!may_ask_again(1_000_000, 1_009_999));
        assert!(may_ask_again(1_000_000, 1_010_000));
        assert!(may_ask_again(1_000_000, 999_999), "a clock set back");
    }

    #[test]
    fn a_path_names_nothing_but_a_path() {
        for (good, wanted) in [
            ("/wxa/getwxacode", "wxa/getwxacode"),
            ("//cgi-bin/get_api_domain_ip", "cgi-bin/get_api_domain_ip"),
            ("/wxa/sec/vehicle.v2/x", "wxa/sec/vehicle.v2/x"),
        ] {
            let path = ApiPath::new(good);
            assert_eq!(path.as_ref().map(ApiPath::as_str), Some(wanted), "{good}");
        }
        let long = format!("/wxa/{}", "a".repeat(MAX_PATH));
        for bad in [
            "",
            "/",
            "/wxa/",
            "/wxa//x",
            "/wxa/../cgi-bin/token",
            "/wxa/./x",
            "/wxa/.../x",
            "/wxa/%2e%2e/x",
            "/wxa/a%2fb",
            "/wxa/a\\b",
            "/@evil.example/x",
            "/evil.example:80/x",
            "/wxa/x;y",
            "/wxa/x y",
            "/wxa/中",
            long.as_str(),
        ] {
            assert_eq!(ApiPath::new(bad), None, "{bad}");
        }
    }

    #[test]
    fn capitals_hide_no_path() {
        let path = ApiPath::new("/WXAAPI/Broadcast/room/x").unwrap();
        assert!(path.is_under("wxaapi/broadcast"));
        assert!(!path.is_under("wxaapi/broadcast/room/x/y"));
        assert!(!path.is_under("wxaapi/broad"));
    }
}
