//! HTTP-FLV: the request is answered like any other, then the connection becomes a viewer's.

use std::any::Any;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header, response};
use axum::response::{IntoResponse, Response};
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::stream;
use tokio::net::TcpStream;

use crate::Media;
use crate::fan::Viewer;
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

/// In an answer to a GET: its body is the stream, which media writes itself. Whoever serves the
/// router sends nothing of the answer and gives the connection to [`Handoff::take`] instead.
#[derive(Clone)]
pub struct Handoff(Arc<Mutex<Option<Joining>>>);

struct Joining {
    registry: Arc<Registry>,
    viewing: Viewing,
    seat: Seat,
}

impl std::fmt::Debug for Handoff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handoff").finish_non_exhaustive()
    }
}

impl Handoff {
    /// Sends the head of the answer and then the stream over `socket`, of which every byte of an
    /// earlier answer must have been sent. Returns when a fan has it in its queue; `held` is dropped when
    /// the viewer goes.
    pub async fn take(self, head: response::Parts, socket: TcpStream, held: impl Any + Send) {
        let joining = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (Some(joining), Ok(socket)) = (joining, socket.into_std()) else {
            return;
        };
        let Joining {
            registry,
            viewing,
            seat,
        } = joining;
        let opening = opening(&head, (registry.now_ms)());
        let max_skips = registry.config.max_skips;
        let viewer = Viewer {
            socket,
            subscriber: Subscriber::new(viewing.stream.clone(), opening, max_skips),
            token: viewing.token,
            _held: Box::new((seat, held)),
        };
        registry
            .fan_out(&viewing.stream, viewing.policy, viewer)
            .await;
    }
}

/// An answer's head as it is sent. The body that follows ends with the connection (RFC 9112, 6.3),
/// which costs nothing for each piece.
fn opening(head: &response::Parts, now_ms: i64) -> Bytes {
    let mut out = BytesMut::with_capacity(512);
    out.put_slice(b"HTTP/1.1 200 OK\r\n");
    for (name, value) in &head.headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            out.put_slice(part);
        }
    }
    let now = SystemTime::UNIX_EPOCH + Duration::from_millis(now_ms as u64);
    let date = httpdate::fmt_http_date(now);
    out.put_slice(format!("date: {date}\r\nconnection: close\r\n\r\n").as_bytes());
    out.freeze()
}

/// Answers `GET /live/{file}` where `file` is `{stream}.flv`.
pub(crate) fn answer(media: &Media, file: &str, uri: &Uri) -> Response {
    let registry = &media.registry;
    let Some(viewing) = file
        .strip_suffix(".flv")
        .and_then(|name| admit(registry, name, uri))
    else {
        return not_found();
    };
    let Some(seat) = Seat::take(&media.seats, registry.config.max_viewers) else {
        let retry = [
            (header::RETRY_AFTER, "5"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        return (StatusCode::SERVICE_UNAVAILABLE, retry, "too many viewers\n").into_response();
    };
    let mut headers = media_headers("video/x-flv", "no-store");
    // A buffering proxy in between would add seconds.
    let unbuffered = (
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    headers.extend([unbuffered]);
    // Never read: of no length, so that the answer to HEAD names none.
    let body = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let mut answer = (headers, body).into_response();
    let joining = Joining {
        registry: registry.clone(),
        viewing,
        seat,
    };
    let handoff = Handoff(Arc::new(Mutex::new(Some(joining))));
    answer.extensions_mut().insert(handoff);
    answer
}
