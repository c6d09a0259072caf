//! Our own webhooks: signed, so that a receiver can tell them from a stranger's.

use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::Method;
use kaibo_app::ports::{CallError, WebhookCall};
use sha2::Sha256;

use crate::hex;
use crate::http::{Ask, Client};

/// Posts a webhook; any 2xx says that it arrived.
pub(crate) async fn send(client: &Client, call: WebhookCall) -> Result<(), CallError> {
    let seconds = call.at / 1_000;
    let signature = signature(&call.secret, seconds, &call.body);
    let ask = Ask {
        method: Method::POST,
        url: call.url,
        headers: vec![
            ("content-type", "application/json".into()),
            ("kaibo-delivery", call.id),
            ("kaibo-event", call.kind),
            ("kaibo-signature", format!("t={seconds},v1={signature}")),
        ],
        body: call.body.into(),
    };
    let reply = client.call(ask).await?;
    match reply.status {
        200..=299 => Ok(()),
        _ => Err(reply.unwanted()),
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
    fn a_signature_is_what_the_documents_say() {
        // printf '1800000000.{"a":1}' | openssl dgst -sha256 -hmac whsec_test
        let made = signature("whsec_test", 1_800_000_000, r#"{"a":1}"#);
        assert_eq!(
            made,
            "7de5e6bbc99c65ef0ddccacd4308ba03a5a12eb8859a0db070c5ca731c4fdc19"
        );
    }
}
