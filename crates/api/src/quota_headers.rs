//! What is left of a limit, in the headers of an answer.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use kaibo_app::Standing;

/// How many there may be.
const LIMIT: HeaderName = HeaderName::from_static("x-quota-limit");
/// How many there may still be.
const REMAINING: HeaderName = HeaderName::from_static("x-quota-remaining");
/// When it begins anew, in Unix seconds.
const RESET: HeaderName = HeaderName::from_static("x-quota-reset");

/// Adds them.
pub(crate) fn add(headers: &mut HeaderMap, standing: &Standing) {
    headers.insert(LIMIT, HeaderValue::from(standing.limit));
    headers.insert(REMAINING, HeaderValue::from(standing.left()));
    let reset = standing.resets_at.div_euclid(1_000);
    headers.insert(RESET, HeaderValue::from(reset));
}
