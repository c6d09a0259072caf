//! Stored images at their lasting addresses, `/media/{name}`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::state::ApiState;

/// A stored image. Its name says nothing and its bytes never change, so everybody may keep it;
/// whatever it holds, a browser neither runs nor guesses.
pub(crate) async fn image(State(api): State<Arc<ApiState>>, Path(name): Path<String>) -> Response {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'.';
    if name.len() > 64 || !name.bytes().all(plain) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match api.kaibo.image(&name).await {
        Ok(Some((kind, bytes))) => {
            let headers = [
                (header::CONTENT_TYPE, kind.as_str()),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (
                    header::CONTENT_SECURITY_POLICY,
                    "default-src 'none'; sandbox",
                ),
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            ];
            (headers, bytes).into_response()
        }
        Ok(None) | Err(kaibo_app::Error::Refused(_)) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "image not read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
