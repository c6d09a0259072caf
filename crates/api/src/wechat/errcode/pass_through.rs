//! WeChat's numbers for calls that are handed on to it, where it does not answer itself.

use kaibo_app::WechatFault;
use kaibo_domain::wechat::TokenTrouble;

use super::Verdict;

/// Why a path that is not ours is not handed on either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wechat) enum NotPassed {
    /// More than a path, or none that WeChat could have.
    Path,
    /// Live is Kaibo's alone.
    Live,
    /// Almost a path of ours.
    Own,
    /// A method that WeChat's API does not have.
    Method,
    /// Nobody says whose call it is.
    NoToken,
}

/// 40066.
pub(super) fn unknown_url() -> Verdict {
    Verdict::new(40066, "invalid url")
}

/// The numbers that WeChat itself gave, so that they can be looked up.
pub(super) fn verdict(fault: &WechatFault) -> Verdict {
    let trouble = match fault {
        WechatFault::NoAccount(_) => return unknown_url(),
        WechatFault::Call(_) => return Verdict::new(-1, "system error"),
        WechatFault::NoToken(trouble) => trouble,
    };
    match trouble {
        TokenTrouble::AppidUnknown => Verdict::new(40013, "invalid appid of WeChat"),
        TokenTrouble::SecretWrong => Verdict::new(40125, "invalid appsecret of WeChat"),
        TokenTrouble::SecretFrozen => Verdict::new(40243, "appsecret of WeChat is frozen"),
        TokenTrouble::AddressNotAllowed { address } => {
            let message = format!("invalid ip {address}, not in whitelist of WeChat");
            Verdict::new(40164, message)
        }
        TokenTrouble::QuotaUsedUp => super::daily_quota(),
        TokenTrouble::Refused { .. } | TokenTrouble::Unreachable { .. } => {
            Verdict::new(-1, "system error")
        }
    }
}
