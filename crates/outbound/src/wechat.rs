//! WeChat's events at a merchant's message URL: its names, its signature, its encryption (spec
//! section 9).
//! <https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html>

pub(crate) mod api;
mod body;
pub(crate) mod code;
mod safe;

use hyper::Method;
use kaibo_app::ports::{CallError, MessageCall};
use kaibo_domain::UnixMs;
use kaibo_domain::endpoint::{MessageFormat, MessageSettings};
use sha1::{Digest as _, Sha1};
use url::Url;

use crate::http::{Ask, Client, Reply};
use crate::{hex, random_digits};

/// Posts an event. `success` or an empty body says that it arrived.
pub(crate) async fn send(client: &Client, call: MessageCall) -> Result<(), CallError> {
    let Some(event) = body::of(&call.event, &call.to.original_id) else {
        // WeChat has no such event: there is nothing to tell.
        return Ok(());
    };
    let mut url = signed(&call.to, call.at)?;
    let mut text = match call.to.format {
        MessageFormat::Xml => event.xml(),
        MessageFormat::Json => event.json(),
    };
    url.query_pairs_mut().append_pair("openid", event.from());
    if let Some(key) = &call.to.aes_key {
        text = seal(&mut url, &call, key, &text)?;
    }
    let mime = match call.to.format {
        MessageFormat::Xml => "text/xml; charset=utf-8",
        MessageFormat::Json => "application/json",
    };
    let ask = Ask {
        method: Method::POST,
        url: url.into(),
        headers: vec![("content-type", mime.into())],
        body: text.into(),
        is_personal: false,
    };
    let reply = client.call(ask).await?;
    let said = reply.body.trim_ascii();
    match reply.status {
        200 if said.is_empty() || said == b"success" => Ok(()),
        _ => Err(reply.unwanted()),
    }
}

/// Encrypts `text` and signs what comes of it in the query.
fn seal(url: &mut Url, call: &MessageCall, key: &str, text: &str) -> Result<String, CallError> {
    let sealed = safe::seal(key, text, &call.appid).ok_or(CallError::Url)?;
    let query = |name: &str| {
        let found = url.query_pairs().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    let (timestamp, nonce) = (query("timestamp"), query("nonce"));
    let signature = signature(&[&call.to.token, &timestamp, &nonce, &sealed]);
    url.query_pairs_mut()
        .append_pair("encrypt_type", "aes")
        .append_pair("msg_signature", &signature);
    let to = &call.to.original_id;
    Ok(match call.to.format {
        MessageFormat::Xml => body::sealed_xml(to, &sealed),
        MessageFormat::Json => body::sealed_json(to, &sealed),
    })
}

/// Asks whether somebody at the URL knows the token: they give `echostr` back.
pub(crate) async fn check(
    client: &Client,
    to: MessageSettings,
    at: UnixMs,
) -> Result<(), CallError> {
    let mut url = signed(&to, at)?;
    let echo = random_digits::<19>();
    url.query_pairs_mut().append_pair("echostr", &echo);
    let ask = Ask {
        method: Method::GET,
        url: url.into(),
        headers: Vec::new(),
        body: bytes::Bytes::new(),
        is_personal: false,
    };
    let reply: Reply = client.call(ask).await?;
    if reply.status == 200 && reply.body.trim_ascii() == echo.as_bytes() {
        Ok(())
    } else {
        Err(reply.unwanted())
    }
}

/// The URL with time, nonce and signature behind what it has.
fn signed(to: &MessageSettings, at: UnixMs) -> Result<Url, CallError> {
    let mut url = Url::parse(&to.url).map_err(|_| CallError::Url)?;
    let timestamp = (at / 1_000).to_string();
    let nonce = random_digits::<10>();
    let signature = signature(&[&to.token, &timestamp, &nonce]);
    url.query_pairs_mut()
        .append_pair("signature", &signature)
        .append_pair("timestamp", &timestamp)
        .append_pair("nonce", &nonce);
    Ok(url)
}

/// SHA-1 of the parts, sorted and put together, in hex.
fn signature(parts: &[&str]) -> String {
    let mut parts = parts.to_vec();
    parts.sort_unstable();
    hex(&Sha1::digest(parts.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_digest_of_the_sorted_parts() {
        // printf 1409735669AAAAAnonce | sha1sum
        let made = signature(&["AAAAA", "1409735669", "nonce"]);
        assert_eq!(made, "3e172137d09b666242eaa3504dae67dbe1fb5c0a");
    }
}
