//! Who may watch over HTTP, and the one answer for whoever may not.

use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::gate::{PlayPolicy, StreamName};
use crate::registry::Registry;
use crate::stream::Stream;
use std::sync::Arc;
use tokio::sync::watch;

/// Longest preview token that is looked at, in bytes.
const MAX_TOKEN_BYTES: usize = 256;

/// A viewer who may watch.
pub(crate) struct Viewing {
    pub(crate) stream: Arc<Stream>,
    pub(crate) policy: watch::Receiver<PlayPolicy>,
    pub(crate) token: Option<String>,
}

/// Checks name, stream and policy. `None` is a 404, whatever the reason.
pub(crate) fn admit(registry: &Registry, name: &str, uri: &Uri) -> Option<Viewing> {
    let name = StreamName::new(name)?;
    let policy = registry.gate.play(&name)?;
    let token = token(uri);
    let admitted = policy.borrow().admits(token.as_deref());
    let stream = registry.get(&name).filter(|_| admitted)?;
    Some(Viewing {
        stream,
        policy,
        token,
    })
}

/// The `token` of the query, if it consists of characters that mean themselves in a URL.
fn token(uri: &Uri) -> Option<String> {
    let token = uri
        .query()?
        .split('&')
        .find_map(|pair| pair.strip_prefix("token="))?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let fits = (1..=MAX_TOKEN_BYTES).contains(&token.len());
    (fits && token.bytes().all(plain)).then(|| token.to_owned())
}

/// The answer to every request for something that is not there, or not for this viewer.
pub(crate) fn not_found() -> Response {
    (
        StatusCode::NOT_FOUND,
        [(header::CACHE_CONTROL, "no-store")],
        "not found\n",
    )
        .into_response()
}

/// Headers of a media answer.
pub(crate) fn media_headers(content_type: &'static str, cache: &'static str) -> HeaderMap {
    HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_tokens_are_taken() {
        let token = |text: &str| token(&text.parse().unwrap());
        assert_eq!(
            token("/live/a.flv?x=1&token=ab-9&y=2").as_deref(),
            Some("ab-9")
        );
        for none in [
            "/a",
            "/a?",
            "/a?token=",
            "/a?token=a%20b",
            "/a?xtoken=a",
            "/a?token=a\"b",
        ] {
            assert_eq!(
                none.parse::<Uri>().ok().and_then(|uri| super::token(&uri)),
                None,
                "{none}"
            );
        }
        assert_eq!(token(&format!("/a?token={}", "x".repeat(257))), None);
    }
}
