//! HTTP-FLV: one endless body for each viewer, of shared pieces.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;

use crate::registry::Registry;
use crate::server::viewing::{Viewing, admit, media_headers, not_found};
use crate::subscriber::Subscriber;

/// One viewer's share of `max_viewers` until dropped.
struct Seat(Arc<AtomicUsize>);

impl Seat {
    fn take(seats: &Arc<AtomicUsize>, max: usize) -> Option<Self> {
        let seat = Self(seats.clone());
        (seats.fetch_add(1, Ordering::Relaxed) < max).then_some(seat)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Watching {
    viewing: Viewing,
    subscriber: Subscriber,
    ready: VecDeque<Bytes>,
    _seat: Seat,
}

/// Answers `GET /live/{file}` where `file` is `{stream}.flv`.
pub(crate) fn answer(
    registry: &Registry,
    seats: &Arc<AtomicUsize>,
    file: &str,
    uri: &Uri,
) -> Response {
    let Some(viewing) = file
        .strip_suffix(".flv")
        .and_then(|name| admit(registry, name, uri))
    else {
        return not_found();
    };
    let Some(seat) = Seat::take(seats, registry.config.max_viewers) else {
        let retry = [
            (header::RETRY_AFTER, "5"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        return (StatusCode::SERVICE_UNAVAILABLE, retry, "too many viewers\n").into_response();
    };
    let subscriber = Subscriber::new(viewing.stream.clone(), registry.config.max_skips);
    let watching = Watching {
        viewing,
        subscriber,
        ready: VecDeque::new(),
        _seat: seat,
    };
    let mut headers = media_headers("video/x-flv", "no-store");
    // A buffering proxy in between would add seconds.
    let unbuffered = (
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    headers.extend([unbuffered]);
    (headers, Body::from_stream(stream::unfold(watching, next))).into_response()
}

/// The next piece of the body, until the viewer may not watch any more or the stream is over.
async fn next(
    mut watching: Watching,
) -> Option<(Result<Bytes, std::convert::Infallible>, Watching)> {
    let token = watching.viewing.token.as_deref();
    let over = watching.viewing.stream.over.is_cancelled();
    if over || !watching.viewing.policy.borrow().admits(token) {
        return None;
    }
    if watching.ready.is_empty() {
        let shut_out = watching
            .viewing
            .policy
            .wait_for(|policy| !policy.admits(token));
        let tags = tokio::select! {
            biased;
            _ = shut_out => return None,
            tags = watching.subscriber.next_batch() => tags?,
        };
        watching.ready = tags.into();
    }
    let piece = watching.ready.pop_front()?;
    Some((Ok(piece), watching))
}
