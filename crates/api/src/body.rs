//! Bodies of requests: read within bounds of size and time.

use std::time::Duration;

use axum::body::{self, Body};
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use bytes::{Bytes, BytesMut};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::error::{ApiError, ApiResult};

/// Largest JSON body.
const MAX_JSON: usize = 64 * 1024;
/// Largest image.
const MAX_IMAGE: usize = 2 * 1024 * 1024;
/// Largest upload: an image and what the form wraps around it.
pub(crate) const MAX_UPLOAD: usize = MAX_IMAGE + 64 * 1024;
/// How long a JSON body, or the next piece of an upload, may take to arrive.
const READ: Duration = Duration::from_secs(10);
/// How long a whole upload may take to arrive.
const UPLOAD: Duration = Duration::from_mins(1);

/// A JSON body. `Content-Type: application/json` is asked for, which other sites' forms cannot
/// send.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> ApiResult<Self> {
        let content_type = request.headers().get(header::CONTENT_TYPE);
        let is_json = content_type
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.split(';').next())
            .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"));
        if !is_json {
            let code = "unsupported_media_type";
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, code));
        }
        let bytes = read(request.into_body()).await?;
        match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(Self(value)),
            Err(_) => Err(bad_request()),
        }
    }
}

async fn read(body: Body) -> ApiResult<Bytes> {
    match timeout(READ, body::to_bytes(body, MAX_JSON)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // Too long, or broken off; who broke off does not read the answer.
        Ok(Err(_)) => Err(too_large()),
        Err(_) => Err(timed_out()),
    }
}

/// The file in the form field `media`; at most [`MAX_IMAGE`] bytes of it.
pub(crate) async fn read_upload(form: Multipart) -> ApiResult<Bytes> {
    match timeout(UPLOAD, media_field(form)).await {
        Ok(read) => read,
        Err(_) => Err(timed_out()),
    }
}

async fn media_field(mut form: Multipart) -> ApiResult<Bytes> {
    loop {
        let next = timeout(READ, form.next_field()).await;
        let field = next.map_err(|_| timed_out())?.map_err(|e| unreadable(&e))?;
        let Some(mut field) = field else {
            return Err(ApiError::invalid("media", "required"));
        };
        if field.name() != Some("media") {
            continue;
        }
        let mut bytes = BytesMut::new();
        loop {
            let next = timeout(READ, field.chunk()).await;
            let piece = next.map_err(|_| timed_out())?.map_err(|e| unreadable(&e))?;
            match piece {
                Some(piece) if bytes.len() + piece.len() <= MAX_IMAGE => bytes.extend(piece),
                Some(_) => return Err(ApiError::invalid("media", "image_too_large")),
                None => return Ok(bytes.freeze()),
            }
        }
    }
}

fn unreadable(error: &MultipartError) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::invalid("media", "image_too_large")
    } else {
        bad_request()
    }
}

/// 400: not what the address takes.
pub(crate) fn bad_request() -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "bad_request")
}

fn too_large() -> ApiError {
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large")
}

fn timed_out() -> ApiError {
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "body_timeout")
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_arrive_is_given_up_after_ten_seconds() {
        let begun = tokio::time::Instant::now();
        let never = stream::pending::<Result<Bytes, std::io::Error>>();
        let request = Request::post("/")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from_stream(never))
            .unwrap();
        let read = JsonBody::<serde_json::Value>::from_request(request, &()).await;
        assert_eq!(read.err(), Some(timed_out()));
        assert_eq!(begun.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_trickles_is_given_up_after_a_minute() {
        let begun = tokio::time::Instant::now();
        let head = "--B\r\nContent-Disposition: form-data; name=\"media\"\r\n\r\n";
        let trickle = stream::unfold(head, |piece| async move {
            tokio::time::sleep(Duration::from_secs(5)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from(piece)), "x"))
        });
        let request = Request::post("/")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=B")
            .body(Body::from_stream(trickle))
            .unwrap();
        let form = Multipart::from_request(request, &()).await.unwrap();
        assert_eq!(read_upload(form).await.err(), Some(timed_out()));
        assert_eq!(begun.elapsed().as_secs(), 60);
    }
}
