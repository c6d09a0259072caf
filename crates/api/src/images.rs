//! Stored images at their lasting addresses, `/media/{name}`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use tokio_util::io::ReaderStream;

use crate::state::ApiState;

/// Bytes of an image held at once for one who takes it.
const PIECE: usize = 64 * 1024;

/// The picture of people who have none.
const AVATAR: &[u8] = include_bytes!("../../../assets/avatar.png");

/// A neutral picture of a person, for who has none of their own.
pub(crate) async fn avatar() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "image/png"),
        (header::CACHE_CONTROL, "public, max-age=86400"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, AVATAR).into_response()
}

/// A stored image. Its name says nothing and its bytes never change, so everybody may keep it;
/// whatever it holds, a browser neither runs nor guesses.
pub(crate) async fn image(State(api): State<Arc<ApiState>>, Path(name): Path<String>) -> Response {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'.';
    if name.len() > 64 || !name.bytes().all(plain) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match api.kaibo.image_file(&name).await {
        Ok(Some(image)) => {
            let bytes = image.bytes.to_string();
            let headers = [
                (header::CONTENT_TYPE, image.kind.as_str()),
                (header::CONTENT_LENGTH, bytes.as_str()),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (
                    header::CONTENT_SECURITY_POLICY,
                    "default-src 'none'; sandbox",
                ),
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            ];
            let pieces = ReaderStream::with_capacity(image.file, PIECE);
            (headers, Body::from_stream(pieces)).into_response()
        }
        Ok(None) | Err(kaibo_app::Error::Refused(_)) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "image not read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
