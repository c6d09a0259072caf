//! WeChat's own API: a token of it, and any call with one. Nothing here can reach another host than
//! the one that is set.
//! <https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-access-token/getStableAccessToken.html>

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use hyper::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName};
use kaibo_app::ports::{CallError, SoldToken, WechatAnswer, WechatKey, WechatRequest};
use kaibo_domain::wechat::{ApiPath, TokenTrouble, WechatCredentials};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use url::Url;

use crate::http::{Ask, Bounds, Client, Reply};

/// Where WeChat's API is.
const OFFICIAL: &str = "https://api.weixin.qq.com";
/// An upload or a large image takes longer than a webhook.
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(30),
    most_bytes: 10 * 1024 * 1024,
    at_once: 64,
};
/// A longer body is no answer of a few numbers, and is not looked into for its code.
const MAX_LOOKED_INTO: usize = 1024 * 1024;
/// Of WeChat's own words so many are kept.
const MAX_SAID: usize = 200;
/// WeChat's numbers for a token that is wrong, malformed, or over.
const TOKEN_REFUSED: [i64; 3] = [40001, 40014, 42001];

/// The one host that WeChat's API is asked at: a scheme, a host, perhaps a port.
#[derive(Clone, PartialEq, Eq)]
pub struct WechatBase(Url);

/// A text is no such address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("outbound.wechat_base: {0:?} is no base address; write one such as \"{OFFICIAL}\"")]
pub struct InvalidBase(String);

impl Default for WechatBase {
    fn default() -> Self {
        OFFICIAL.parse().expect("a test reads it")
    }
}

impl fmt::Debug for WechatBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl FromStr for WechatBase {
    type Err = InvalidBase;

    fn from_str(text: &str) -> Result<Self, InvalidBase> {
        let invalid = || InvalidBase(text.to_owned());
        let url = Url::parse(text).map_err(|_| invalid())?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let nobody = url.username().is_empty() && url.password().is_none();
        let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
        if bare && nobody && is_web {
            Ok(Self(url))
        } else {
            Err(invalid())
        }
    }
}

impl<'de> Deserialize<'de> for WechatBase {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl WechatBase {
    fn at(&self, path: &ApiPath, query: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path.as_str());
        url.set_query((!query.is_empty()).then_some(query));
        url
    }
}

/// Buys a token by `stable_token`.
pub(crate) async fn buy_token(
    client: &Client,
    base: &WechatBase,
    credentials: &WechatCredentials,
    force: bool,
) -> Result<SoldToken, TokenTrouble> {
    let path = ApiPath::new("cgi-bin/stable_token").expect("plain words");
    let body = json!({
        "grant_type": "client_credential",
        "appid": credentials.appid,
        "secret": credentials.secret,
        "force_refresh": force,
    });
    let ask = Ask {
        method: Method::POST,
        url: base.at(&path, "").into(),
        headers: vec![("content-type", "application/json".into())],
        body: body.to_string().into(),
    };
    let unreachable = |error: CallError| TokenTrouble::Unreachable {
        why: error.to_string(),
    };
    let reply = client.call_within(ask, BOUNDS).await.map_err(unreachable)?;
    let answer: Value = match serde_json::from_slice(&reply.body) {
        Ok(answer) => answer,
        Err(_) => return Err(unreachable(reply.unwanted())),
    };
    let life_s = answer["expires_in"].as_i64();
    match (answer["access_token"].as_str(), life_s) {
        (Some(token), Some(life_s)) if !token.is_empty() => Ok(SoldToken {
            token: token.to_owned(),
            // A day is more than any token lives.
            life_ms: life_s.clamp(0, 86_400) * 1_000,
        }),
        _ => Err(trouble(&answer, &credentials.secret)),
    }
}

fn trouble(answer: &Value, secret: &str) -> TokenTrouble {
    let said = answer["errmsg"].as_str().unwrap_or("no access_token");
    match number(&answer["errcode"]).unwrap_or(0) {
        40013 => TokenTrouble::AppidUnknown,
        // WeChat's two numbers for a wrong secret.
        40001 | 40125 => TokenTrouble::SecretWrong,
        40243 => TokenTrouble::SecretFrozen,
        40164 => TokenTrouble::AddressNotAllowed {
            address: refused_address(said),
        },
        45009 | 45011 => TokenTrouble::QuotaUsedUp,
        code => TokenTrouble::Refused {
            code,
            said: said.replace(secret, "…").chars().take(MAX_SAID).collect(),
        },
    }
}

/// The address in `invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist`.
fn refused_address(said: &str) -> String {
    let words = said.split([' ', ',']);
    let mut addresses = words.filter(|word| word.parse::<IpAddr>().is_ok());
    let first = addresses.next();
    first.unwrap_or("this server's address").to_owned()
}

/// Asks WeChat's API.
pub(crate) async fn call(
    client: &Client,
    base: &WechatBase,
    request: WechatRequest,
    key: WechatKey,
) -> Result<WechatAnswer, CallError> {
    let mut url = base.at(&request.path, &request.query);
    let secret = match key {
        WechatKey::Token(token) => {
            url.query_pairs_mut()
                .append_pair("access_token", &token.token);
            token.token
        }
        WechatKey::Credentials(credentials) => {
            url.query_pairs_mut()
                .append_pair("appid", &credentials.appid)
                .append_pair("secret", &credentials.secret);
            credentials.secret
        }
    };
    let mime = request.content_type.map(|mime| ("content-type", mime));
    let ask = Ask {
        method: Method::from_bytes(request.method.as_bytes()).map_err(|_| CallError::Url)?,
        url: url.into(),
        headers: mime.into_iter().collect(),
        body: request.body,
    };
    let reply = client.call_within(ask, BOUNDS).await?;
    if !reply.is_whole {
        return Err(CallError::TooLarge);
    }
    let answer = answer(reply);
    if repeats(&answer, &secret) {
        return Err(CallError::Secret);
    }
    Ok(answer)
}

fn answer(reply: Reply) -> WechatAnswer {
    let header = |name: HeaderName| {
        let value = reply.headers.get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    let code = code_in(&reply.body);
    WechatAnswer {
        status: reply.status,
        content_type: header(CONTENT_TYPE),
        disposition: header(CONTENT_DISPOSITION),
        code,
        token_refused: code.is_some_and(|code| TOKEN_REFUSED.contains(&code)),
        body: reply.body,
    }
}

/// `errcode` of an answer, which WeChat writes as a text at times.
fn code_in(body: &Bytes) -> Option<i64> {
    #[derive(Deserialize)]
    struct Coded {
        errcode: Value,
    }
    if body.len() > MAX_LOOKED_INTO || !body.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let coded: Coded = serde_json::from_slice(body).ok()?;
    number(&coded.errcode)
}

fn number(value: &Value) -> Option<i64> {
    let as_text = || value.as_str()?.parse().ok();
    value.as_i64().or_else(as_text)
}

fn repeats(answer: &WechatAnswer, secret: &str) -> bool {
    let secret = secret.as_bytes();
    let head = [&answer.content_type, &answer.disposition];
    let in_head = head.into_iter().flatten().map(String::as_bytes);
    let mut all = in_head.chain([answer.body.as_ref()]);
    // The first byte alone is looked at nearly everywhere.
    let is_it = |piece: &[u8]| piece.first() == secret.first() && piece == secret;
    all.any(|text| text.windows(secret.len().max(1)).any(is_it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_a_host_and_nothing_else() {
        for good in [OFFICIAL, "http://127.0.0.1:8081", "https://stand-in.test/"] {
            assert!(good.parse::<WechatBase>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "api.weixin.qq.com",
            "ftp://api.weixin.qq.com",
            "https://a:b@api.weixin.qq.com",
            "https://api.weixin.qq.com/cgi-bin",
            "https://api.weixin.qq.com/?x=1",
        ] {
            assert!(bad.parse::<WechatBase>().is_err(), "{bad}");
        }
    }

    #[test]
    fn troubles_are_told_by_wechats_numbers() {
        let of = |code, said| trouble(&json!({"errcode": code, "errmsg": said}), "s3cret");
        assert_eq!(of(40013, ""), TokenTrouble::AppidUnknown);
        assert_eq!(of(40125, ""), TokenTrouble::SecretWrong);
        assert_eq!(of(40001, ""), TokenTrouble::SecretWrong);
        assert_eq!(of(40243, ""), TokenTrouble::SecretFrozen);
        assert_eq!(of(45009, ""), TokenTrouble::QuotaUsedUp);
        for (said, address) in [
            (
                "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 1-2-3",
                "203.0.113.7",
            ),
            ("not in whitelist", "this server's address"),
        ] {
            let wanted = TokenTrouble::AddressNotAllowed {
                address: address.into(),
            };
            assert_eq!(of(40164, said), wanted);
        }
        let other = TokenTrouble::Refused {
            code: 89503,
            said: "no … here".into(),
        };
        assert_eq!(of(89503, "no s3cret here"), other);
    }

    #[test]
    fn a_code_is_found_as_a_number_or_a_text() {
        let code = |body: &str| code_in(&Bytes::copy_from_slice(body.as_bytes()));
        assert_eq!(code(r#"{"errcode":40001}"#), Some(40001));
        assert_eq!(code(r#" {"errcode":"42001","errmsg":""}"#), Some(42001));
        assert_eq!(code(r#"{"openid":"o"}"#), None);
        assert_eq!(code(r#"{"errcode":"#), None);
        assert_eq!(code("\u{fffd}PNG"), None);
    }
}
