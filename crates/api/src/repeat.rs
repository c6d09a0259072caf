//! POSTs of the console and of apps' servers that are sent again under an `Idempotency-Key`: what was done is answered
//! again, and not done again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Extension, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use kaibo_app::{RepeatKey, Repeated};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::body::{MAX_UPLOAD, bad_request};
use crate::caller::Caller;
use crate::error::{ApiError, ApiResult};
use crate::state::ApiState;

/// Under which a caller may send the same again.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Beside an answer of before.
const REPEATED: HeaderName = HeaderName::from_static("x-kaibo-repeated");
/// Longest key.
const MAX_KEY: usize = 255;
/// How long a body may take to arrive.
const WHOLE: Duration = Duration::from_mins(1);

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    mime: Option<String>,
    body: String,
}

/// Lets everything through once; behind the doors, which say whose the keys are. Without such a caller, who
/// came by another credential, nothing is kept.
pub(crate) async fn once(
    State(api): State<Arc<ApiState>>,
    caller: Option<Extension<Caller>>,
    request: Request,
    next: Next,
) -> ApiResult<Response> {
    let key = key_of(request.headers())?;
    let (Some(key), Some(Extension(caller)), &Method::POST) = (key, caller, request.method())
    else {
        return Ok(next.run(request).await);
    };
    let (parts, body) = request.into_parts();
    let read = timeout(WHOLE, to_bytes(body, MAX_UPLOAD)).await;
    let body = read.ok().and_then(Result::ok).ok_or_else(bad_request)?;
    let path = parts.uri.path().to_owned();
    let scope = caller.repeat_scope();
    let request = Request::from_parts(parts, Body::from(body.clone()));
    // The answer itself, for the caller who is there for it.
    let fresh = Arc::new(Mutex::new(None));
    let slot = Arc::clone(&fresh);
    let work = async move {
        let (response, kept) = keep(next.run(request).await).await;
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(response);
        let was_done = kept.is_some();
        (kept.unwrap_or_default(), was_done)
    };
    let wanted = RepeatKey {
        scope: &scope,
        key: &key,
        call: &[path.as_bytes(), b"\n", &body],
    };
    match api.kaibo.once(wanted, work).await? {
        Repeated::Done(_) => {
            let fresh = fresh.lock().unwrap_or_else(PoisonError::into_inner).take();
            fresh.ok_or_else(|| ApiError::conflict("repeat_cut_off"))
        }
        Repeated::Again(kept) => answer_again(&kept),
        Repeated::OtherCall => Err(ApiError::conflict("repeat_key_taken")),
        Repeated::Running => Err(ApiError::conflict("repeat_running").after(1_000)),
        Repeated::CutOff => Err(ApiError::conflict("repeat_cut_off")),
    }
}

fn key_of(headers: &HeaderMap) -> ApiResult<Option<String>> {
    let Some(key) = headers.get(KEY) else {
        return Ok(None);
    };
    let key = key.to_str().unwrap_or_default().trim();
    if !(1..=MAX_KEY).contains(&key.len()) {
        return Err(bad_request());
    }
    Ok(Some(key.to_owned()))
}

/// The answer, and what is kept of it: nothing of a refusal or of what is no text.
async fn keep(response: Response) -> (Response, Option<Vec<u8>>) {
    if !response.status().is_success() {
        return (response, None);
    }
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, MAX_UPLOAD).await.unwrap_or_default();
    let mime = parts.headers.get(CONTENT_TYPE).map(HeaderValue::to_str);
    let kept = String::from_utf8(bytes.to_vec()).ok().map(|body| Kept {
        status: parts.status.as_u16(),
        mime: mime.and_then(Result::ok).map(str::to_owned),
        body,
    });
    let kept = kept.and_then(|kept| serde_json::to_vec(&kept).ok());
    (Response::from_parts(parts, Body::from(bytes)), kept)
}

fn answer_again(kept: &[u8]) -> ApiResult<Response> {
    let cut_off = || ApiError::conflict("repeat_cut_off");
    let kept: Kept = serde_json::from_slice(kept).map_err(|_| cut_off())?;
    let status = StatusCode::from_u16(kept.status).map_err(|_| cut_off())?;
    let mut response = (status, Bytes::from(kept.body)).into_response();
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    let mime = kept.mime.map(HeaderValue::try_from);
    if let Some(Ok(mime)) = mime {
        headers.insert(CONTENT_TYPE, mime);
    }
    headers.insert(REPEATED, HeaderValue::from_static("true"));
    Ok(response)
}
