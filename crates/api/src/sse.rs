//! Event streams (server-sent events): how many may be open, and how each is sent.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _, stream};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::error::{ApiError, ApiResult};
use crate::peer::ClientIp;

/// A comment this often shows both ends, and proxies between, that the line is alive.
const PING: Duration = Duration::from_secs(15);
/// How long a client waits before it connects anew.
const RETRY: Duration = Duration::from_secs(2);

/// Counts open event streams against their caps.
#[derive(Clone)]
pub(crate) struct StreamSlots {
    counts: Arc<Mutex<Counts>>,
    most: usize,
    most_per_client: usize,
}

#[derive(Default)]
struct Counts {
    open: usize,
    by_client: HashMap<IpAddr, usize>,
}

/// The right to one event stream; given back when dropped.
pub(crate) struct StreamSlot {
    counts: Arc<Mutex<Counts>>,
    client: IpAddr,
}

impl StreamSlots {
    /// At most `most` in all and `most_per_client` for one client.
    pub(crate) fn new(most: usize, most_per_client: usize) -> Self {
        Self {
            counts: Arc::default(),
            most,
            most_per_client,
        }
    }

    /// A slot for one more stream of `client`: 429 when it has its share, 503 when all are taken.
    pub(crate) fn take(&self, client: ClientIp) -> ApiResult<StreamSlot> {
        let client = client.household();
        let mut counts = self.counts.lock().expect("no holder of this lock panics");
        if counts.open >= self.most {
            let busy = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy");
            return Err(busy.after(5_000));
        }
        let own = counts.by_client.entry(client).or_default();
        if *own >= self.most_per_client {
            let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams");
            return Err(error.after(10_000));
        }
        *own += 1;
        counts.open += 1;
        Ok(StreamSlot {
            counts: Arc::clone(&self.counts),
            client,
        })
    }
}

impl Drop for StreamSlot {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().expect("no holder of this lock panics");
        counts.open -= 1;
        if let Some(own) = counts.by_client.get_mut(&self.client) {
            *own -= 1;
            if *own == 0 {
                counts.by_client.remove(&self.client);
            }
        }
    }
}

/// An event with a JSON body.
pub(crate) fn event(name: &str, body: &impl Serialize) -> Event {
    Event::default()
        .event(name)
        .json_data(body)
        .expect("the views of /v1 have text keys only")
}

/// Sends `events` until they end, the client goes, or the server ends. A client that does not
/// read holds no memory: the next event is made only when the one before was taken.
pub(crate) fn answer(
    events: impl Stream<Item = Event> + Send + 'static,
    slot: StreamSlot,
    shutdown: CancellationToken,
) -> Response {
    let greeting = stream::iter([Event::default().retry(RETRY)]);
    let events = greeting
        .chain(events)
        .take_until(shutdown.cancelled_owned())
        .map(move |event| {
            let _held_while_open = &slot;
            Ok::<_, Infallible>(event)
        });
    let keep_alive = KeepAlive::new().interval(PING).text("ping");
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // nginx would hold events back to fill a buffer.
    let buffering = HeaderName::from_static("x-accel-buffering");
    headers.insert(buffering, HeaderValue::from_static("no"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> ClientIp {
        ClientIp(text.parse().unwrap())
    }

    #[test]
    fn a_client_gets_its_share_and_gives_it_back() {
        let slots = StreamSlots::new(10, 2);
        let first = slots.take(ip("192.0.2.1")).ok().unwrap();
        let _second = slots.take(ip("192.0.2.1")).ok().unwrap();
        assert!(slots.take(ip("192.0.2.1")).is_err());
        assert!(slots.take(ip("192.0.2.2")).is_ok());
        drop(first);
        assert!(slots.take(ip("192.0.2.1")).is_ok());
    }

    #[test]
    fn addresses_of_one_ipv6_household_count_together() {
        let slots = StreamSlots::new(10, 1);
        let _one = slots.take(ip("2001:db8::1")).ok().unwrap();
        assert!(slots.take(ip("2001:db8::2")).is_err());
        assert!(slots.take(ip("2001:db8:0:1::1")).is_ok());
    }

    #[test]
    fn all_streams_together_are_capped() {
        let slots = StreamSlots::new(1, 2);
        let one = slots.take(ip("192.0.2.1")).ok().unwrap();
        assert!(slots.take(ip("192.0.2.2")).is_err());
        drop(one);
        assert!(slots.take(ip("192.0.2.2")).is_ok());
        assert!(slots.counts.lock().unwrap().by_client.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_stream_pings_every_fifteen_seconds_and_ends_with_the_server() {
        let slots = StreamSlots::new(1, 1);
        let slot = slots.take(ip("192.0.2.1")).ok().unwrap();
        let shutdown = CancellationToken::new();
        let response = answer(stream::pending(), slot, shutdown.clone());
        let mut body = response.into_body().into_data_stream();
        let mut next = async || {
            let piece = body.next().await;
            piece.map(|piece| String::from_utf8(piece.unwrap().to_vec()).unwrap())
        };
        assert_eq!(next().await.as_deref(), Some("retry: 2000\n\n"));
        let begun = tokio::time::Instant::now();
        assert_eq!(next().await.as_deref(), Some(": ping\n\n"));
        assert_eq!(begun.elapsed().as_secs(), 15);
        shutdown.cancel();
        assert_eq!(next().await, None);
        drop(body);
        assert!(
            slots.take(ip("192.0.2.1")).is_ok(),
            "the slot is given back"
        );
    }
}
