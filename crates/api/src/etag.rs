//! Whoever has a list already is told that it is still the same: ETag and 304.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Largest answer that is looked at; no answer of /v1 is larger.
const MAX: usize = 16 * 1024 * 1024;

/// Gives every good JSON answer to a GET an ETag by its content, and leaves out what the caller has.
pub(crate) async fn mark(request: Request, next: Next) -> Response {
    let is_get = *request.method() == Method::GET;
    let held: Vec<HeaderValue> = request
        .headers()
        .get_all(IF_NONE_MATCH)
        .iter()
        .cloned()
        .collect();
    let response = next.run(request).await;
    if !is_get || response.status() != StatusCode::OK || !is_json(response.headers()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let tag = tag_of(&bytes);
    let has_it = held.iter().any(|held| matches(held, &tag));
    parts.headers.insert(
        ETAG,
        HeaderValue::from_str(&tag).expect("hex digits in quotes"),
    );
    if has_it {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(CONTENT_TYPE);
        parts.headers.remove(CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// By all that an answer says but the moment at which it was made (`now`).
fn tag_of(bytes: &[u8]) -> String {
    const NOW: &[u8] = b"\"now\":";
    let mut hasher = DefaultHasher::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(NOW.len()).position(|window| window == NOW) {
        let (before, after) = rest.split_at(at + NOW.len());
        before.hash(&mut hasher);
        let digits = after.iter().take_while(|byte| byte.is_ascii_digit());
        rest = &after[digits.count()..];
    }
    rest.hash(&mut hasher);
    format!("W/\"{:016x}\"", hasher.finish())
}

/// Weakly: whether the caller's tag was made strong or weak on its way does not matter.
fn matches(held: &HeaderValue, tag: &str) -> bool {
    let strong = tag.trim_start_matches("W/");
    let held = held.to_str().unwrap_or_default();
    let mut tags = held.split(',').map(str::trim);
    tags.any(|held| held == "*" || held.trim_start_matches("W/") == strong)
}

fn is_json(headers: &HeaderMap) -> bool {
    let mime = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    mime.is_some_and(|mime| mime.starts_with(b"application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moment_of_an_answer_is_no_part_of_what_it_says() {
        let tag = |text: &str| tag_of(text.as_bytes());
        assert_eq!(tag(r#"{"a":1,"now":12}"#), tag(r#"{"a":1,"now":345}"#));
        assert_ne!(tag(r#"{"a":1,"now":12}"#), tag(r#"{"a":2,"now":12}"#));
        assert_ne!(
            tag(r#"[{"now":1,"b":2}]"#),
            tag(r#"[{"now":1,"b":3}]"#),
            "what stands behind counts too"
        );
    }

    #[test]
    fn tags_are_compared_weakly() {
        let held = |text: &str| matches(&HeaderValue::from_str(text).unwrap(), "W/\"ab\"");
        for good in ["W/\"ab\"", "\"ab\"", "\"x\", W/\"ab\"", "*"] {
            assert!(held(good), "{good}");
        }
        for other in ["\"a\"", "ab", ""] {
            assert!(!held(other), "{other}");
        }
    }
}
