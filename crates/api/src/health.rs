//! For whoever runs the server: alive, ready, figures.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use subtle::ConstantTimeEq as _;
use tokio::time::timeout;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::ApiState;

/// How long the database may take before the server counts as not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// The figures and the token that opens them.
#[derive(Clone)]
pub struct Metrics {
    /// Writes all figures in the Prometheus text format.
    pub render: Arc<dyn Fn() -> String + Send + Sync>,
    /// Asked for as `Authorization: Bearer <token>`.
    pub token: String,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// `/healthz` and `/readyz`.
pub(crate) fn routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .routes(routes!(alive))
        .routes(routes!(ready))
}

/// The process answers
#[utoipa::path(
    get, path = "/healthz", tag = "health", operation_id = "isAlive",
    responses((status = 200, description = "Yes", body = String, content_type = "text/plain"))
)]
async fn alive() -> &'static str {
    "ok\n"
}

/// The database answers and the server is not about to end
#[utoipa::path(
    get, path = "/readyz", tag = "health", operation_id = "isReady",
    responses(
        (status = 200, description = "Yes", body = String, content_type = "text/plain"),
        (status = 503, description = "No, and why", body = String, content_type = "text/plain"),
    )
)]
async fn ready(State(api): State<Arc<ApiState>>) -> (StatusCode, &'static str) {
    if api.shutdown.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n");
    }
    match timeout(PATIENCE, api.kaibo.ping()).await {
        Ok(Ok(())) => (StatusCode::OK, "ok\n"),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer or takes no writes\n",
            )
        }
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database is slow to answer\n",
        ),
    }
}

/// `/metrics`; not there at all without a token.
pub(crate) fn metrics_route<S: Clone + Send + Sync + 'static>(
    metrics: Option<Metrics>,
) -> Router<S> {
    match metrics {
        Some(metrics) if !metrics.token.is_empty() => Router::new().route(
            "/metrics",
            get(async move |headers: HeaderMap| figures(&metrics, &headers)),
        ),
        _ => Router::new(),
    }
}

fn figures(metrics: &Metrics, headers: &HeaderMap) -> Response {
    let sent = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    if sent.is_some_and(|token| token.ct_eq(metrics.token.as_bytes()).into()) {
        let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
        return (kind, (metrics.render)()).into_response();
    }
    let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
    (StatusCode::UNAUTHORIZED, challenge).into_response()
}
