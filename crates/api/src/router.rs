//! All of HTTP but the streams themselves: which address is answered by what.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use kaibo_app::Kaibo;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::config::ApiConfig;
use crate::health::{self, Metrics};
use crate::peer::{self, IpNet};
use crate::state::ApiState;
use crate::{images, pages, request_id, share_codes, v1, wechat};

/// Every route of this crate. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`,
/// so that clients can be told apart. `metrics`: `None` leaves `/metrics` out. `shutdown`: once
/// cancelled the server is not ready any more and event streams end.
pub fn router(
    kaibo: Kaibo,
    config: &ApiConfig,
    metrics: Option<Metrics>,
    shutdown: CancellationToken,
) -> Router {
    let proxies: Arc<[IpNet]> = config.proxies.clone().into();
    let api = Arc::new(ApiState::new(kaibo.clone(), config, shutdown));
    let nosniff = HeaderValue::from_static("nosniff");
    Router::from(health::routes())
        .merge(health::metrics_route(metrics))
        .route("/media/avatar.png", get(images::avatar))
        .route("/media/{name}", get(images::image))
        .route("/share-codes/{id}/code.png", get(share_codes::code))
        .route("/share-codes/{id}/poster.png", get(share_codes::poster))
        .merge(pages::routes())
        .with_state(Arc::clone(&api))
        .nest("/v1", v1::router(api))
        .layer(
            CompressionLayer::new()
                .gzip(true)
                .compress_when(is_compressible),
        )
        .merge(wechat::routes(kaibo.clone()))
        .fallback_service(any(nothing).with_state(kaibo))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            nosniff,
        ))
        .layer(from_fn_with_state(proxies, peer::find))
        .layer(from_fn(request_id::give))
}

/// An address nobody answers: by WeChat or in its words where it is one of WeChat's.
async fn nothing(kaibo: State<Kaibo>, request: Request) -> Response {
    if wechat::is_meant(request.uri()) {
        return wechat::pass_on(kaibo, request).await;
    }
    (StatusCode::NOT_FOUND, "not found\n").into_response()
}

/// Texts of pages and API; never event streams, which a coder would hold back, nor images.
fn is_compressible(
    _status: StatusCode,
    _version: Version,
    headers: &HeaderMap,
    _extensions: &Extensions,
) -> bool {
    const KINDS: [&str; 6] = [
        "text/html",
        "text/css",
        "text/javascript",
        "application/javascript",
        "application/json",
        "image/svg+xml",
    ];
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    KINDS.iter().any(|known| kind.starts_with(known))
}
