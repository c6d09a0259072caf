//! Pictures of share codes: `/share-codes/{id}/code.png` and `…/poster.png`.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde::Deserialize;

use crate::state::ApiState;

/// What an address shows for an hour, and what it shows for ever.
const FOR_AN_HOUR: &str = "public, max-age=3600";
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Which poster is meant.
#[derive(Deserialize)]
pub(crate) struct Version {
    #[serde(default)]
    v: String,
}

/// A code, by its id.
pub(crate) async fn code(State(api): State<Arc<ApiState>>, Path(id): Path<String>) -> Response {
    let drawn = api.kaibo.code_picture(&id).await;
    answer(drawn.map(|png| png.map(|png| (png, FOR_AN_HOUR))))
}

/// The poster of a code's room as it is now, also under the address of an earlier one.
pub(crate) async fn poster(
    State(api): State<Arc<ApiState>>,
    Path(id): Path<String>,
    Query(wanted): Query<Version>,
) -> Response {
    let drawn = api.kaibo.poster(&id).await;
    answer(drawn.map(|poster| {
        poster.map(|poster| {
            let is_meant = poster.version == wanted.v;
            let kept = if is_meant { FOR_EVER } else { FOR_AN_HOUR };
            (poster.png, kept)
        })
    }))
}

fn answer(drawn: kaibo_app::Result<Option<(Bytes, &str)>>) -> Response {
    match drawn {
        Ok(Some((png, kept))) => {
            let headers = [
                (header::CONTENT_TYPE, "image/png"),
                (header::CACHE_CONTROL, kept),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (
                    header::CONTENT_SECURITY_POLICY,
                    "default-src 'none'; sandbox",
                ),
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            ];
            (headers, png).into_response()
        }
        Ok(None) | Err(kaibo_app::Error::Refused(_)) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "a code was not drawn");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
