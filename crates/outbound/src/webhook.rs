//! Our own webhooks: signed, so that a receiver can tell them from a stranger's.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::Method;
use kaibo_app::ports::{CallError, ReviewCall, WebhookCall};
use kaibo_domain::verdict::Verdict;
use serde::Deserialize;
use sha2::Sha256;

use crate::hex;
use crate::http::{Ask, Bounds, Client, Reply};

/// How long somebody who decides may take.
const REVIEW: Duration = Duration::from_secs(5);

/// Posts a webhook; any 2xx says that it arrived.
pub(crate) async fn send(client: &Client, call: WebhookCall) -> Result<(), CallError> {
    arrived(client.call(ask(call)).await?).map(drop)
}

/// Posts a question; any 2xx says that it was taken, with a verdict or without.
pub(crate) async fn review(client: &Client, call: ReviewCall) -> Result<Verdict, CallError> {
    let ask = Ask {
        is_personal: call.is_personal,
        ..ask(call.call)
    };
    let bounds = client.bounds();
    let bounds = Bounds {
        time: bounds.time.min(REVIEW),
        ..bounds
    };
    let reply = arrived(client.call_within(ask, bounds).await?)?;
    Ok(verdict(&reply.body))
}

fn ask(call: WebhookCall) -> Ask {
    let seconds = call.at / 1_000;
    let signature = signature(&call.secret, seconds, &call.body);
    Ask {
        method: Method::POST,
        url: call.url,
        headers: vec![
            ("content-type", "application/json".into()),
            ("kaibo-delivery", call.id),
            ("kaibo-event", call.kind),
            ("kaibo-signature", format!("t={seconds},v1={signature}")),
        ],
        body: call.body.into(),
        is_personal: false,
    }
}

fn arrived(reply: Reply) -> Result<Reply, CallError> {
    match reply.status {
        200..=299 => Ok(reply),
        _ => Err(reply.unwanted()),
    }
}

/// `{"verdict": "approve" | "reject" | "pending", "reason", "rule"}`; whatever else was said means
/// that it was taken.
fn verdict(body: &[u8]) -> Verdict {
    #[derive(Deserialize)]
    struct Said {
        verdict: String,
        #[serde(default)]
        reason: String,
        #[serde(default)]
        rule: String,
    }
    match serde_json::from_slice::<Said>(body) {
        Ok(said) if said.verdict == "approve" => Verdict::Approve,
        Ok(said) if said.verdict == "reject" => Verdict::reject(&said.rule, &said.reason),
        _ => Verdict::Pending,
    }
}

/// HMAC-SHA-256 of the time in seconds, a full stop and the body, in hex.
fn signature(secret: &str, seconds: i64, body: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes any key length");
    mac.update(seconds.to_string().as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    hex(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_read_and_anything_else_is_to_be_decided_later() {
        assert_eq!(verdict(br#"{"verdict":"approve"}"#), Verdict::Approve);
        let said = r#"{"verdict":"reject","rule":"a.b","reason":"图片模糊"}"#;
        let wanted = Verdict::reject("a.b", "图片模糊");
        assert_eq!(verdict(said.as_bytes()), wanted);
        for said in [
            "",
            "ok",
            "{}",
            r#"{"verdict":"pending"}"#,
            r#"{"verdict":1}"#,
        ] {
            assert_eq!(verdict(said.as_bytes()), Verdict::Pending, "{said}");
        }
    }

    #[test]
    fn a_signature_is_what_the_documents_say() {
        // printf '1800000000.{"a":1}' | openssl dgst -sha256 -hmac whsec_test
        let made = signature("whsec_test", 1_800_000_000, r#"{"a":1}"#);
        assert_eq!(
            made,
            "7de5e6bbc99c65ef0ddccacd4308ba03a5a12eb8859a0db070c5ca731c4fdc19"
        );
    }
}
