//! A number for each request, by which its log lines are found.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::Instant;
use tracing::Instrument as _;

/// Runs a request in a span with its id, and answers with the id in `X-Request-Id`. The span
/// holds the route and never the path: codes and tokens stand in paths.
pub(crate) async fn give(request: Request, next: Next) -> Response {
    let id = format!("{:016x}", getrandom::u64().unwrap_or_default());
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("-", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id, method = %request.method(), route);
    let begun = Instant::now();
    let mut response = async {
        let response = next.run(request).await;
        let ms = begun.elapsed().as_millis() as u64;
        tracing::debug!(status = response.status().as_u16(), ms, "answered");
        response
    }
    .instrument(span)
    .await;
    if let Ok(value) = HeaderValue::try_from(id) {
        let name = HeaderName::from_static("x-request-id");
        response.headers_mut().insert(name, value);
    }
    response
}
