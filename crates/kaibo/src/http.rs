//! The front door for HTTP: accepts, sets time limits, and drains.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, response};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use kaibo_media::{Handoff, StallGuard};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// A request's head must be whole within this time.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Connections have this long to end at shutdown.
const DRAIN: Duration = Duration::from_secs(5);
/// Most bytes of a request's head.
const MAX_HEAD: usize = 32 * 1024;

/// What the system may hold for one connection that reads slowly. Left to itself it grows to
/// megabytes, which hides from media how far behind a viewer is, and a thousand of them cost
/// gigabytes. Enough for 20 Mbit/s to the other side of the world.
const SEND_BUFFER: u32 = 512 * 1024;
const BACKLOG: u32 = 1024;

/// Limits of the door.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Most connections at once.
    pub(crate) connections: usize,
    /// A connection that takes no byte for this long is closed.
    pub(crate) stall: Duration,
}

/// Listens at `at`; its connections hold little for slow readers.
pub(crate) fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = if at.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(at)?;
    socket.listen(BACKLOG)
}

/// Serves `router` on `listener` until `shutdown`, then drains.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: CancellationToken,
) {
    let room = Arc::new(Semaphore::new(limits.connections));
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        let (socket, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: others will be closed soon.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(place) = room.clone().try_acquire_owned() else {
            metrics::counter!("kaibo_http_connections_refused_total").increment(1);
            continue;
        };
        tasks.spawn(converse(
            socket,
            peer,
            router.clone(),
            limits.stall,
            shutdown.clone(),
            place,
        ));
    }
    tasks.close();
    let drained = tokio::time::timeout(DRAIN, tasks.wait()).await;
    if drained.is_err() {
        tracing::warn!(left = tasks.len(), "connections did not end in time");
    }
}

async fn converse(
    socket: TcpStream,
    peer: SocketAddr,
    router: Router,
    stall: Duration,
    shutdown: CancellationToken,
    place: OwnedSemaphorePermit,
) {
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, %peer, "cannot turn Nagle's algorithm off");
    }
    let (hand_over, mut handed_over) = oneshot::channel();
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(MAX_HEAD)
        .serve_connection(
            TokioIo::new(StallGuard::new(socket, stall)),
            service(router, peer, hand_over),
        );
    let mut draining = false;
    let (head, handoff) = loop {
        tokio::select! {
            ended = &mut connection => {
                if let Err(error) = ended {
                    tracing::debug!(%error, %peer, "connection ended");
                }
                return;
            }
            Ok(handed_over) = &mut handed_over => break handed_over,
            () = shutdown.cancelled(), if !draining => {
                draining = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    // A client that asks on before it takes its earlier answers gets no stream in their midst.
    if let Some(socket) = connection.into_parts().io.into_inner().into_inner() {
        handoff.take(head, socket, place).await;
    }
}

/// The router, as one connection sees it. An answer that media writes itself goes to `hand_over`, and
/// hyper waits for it in vain: it is dropped, and the connection taken from it.
fn service(
    router: Router,
    peer: SocketAddr,
    hand_over: oneshot::Sender<(response::Parts, Handoff)>,
) -> impl Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send> {
    let hand_over = Arc::new(Mutex::new(Some(hand_over)));
    service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let (router, hand_over) = (router.clone(), hand_over.clone());
        async move {
            let get = request.method() == Method::GET;
            let mut answer = router.oneshot(request).await?;
            let handoff = answer.extensions_mut().remove::<Handoff>();
            let Some(handoff) = handoff.filter(|_| get) else {
                return Ok(answer);
            };
            let hand_over = hand_over
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            if let Some(hand_over) = hand_over {
                let _ = hand_over.send((answer.into_parts().0, handoff));
            }
            std::future::pending().await
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;
    use tokio::time::timeout;

    #[tokio::test]
    async fn reader_that_stops_is_noticed_within_a_few_hundred_kilobytes() {
        let listener = listen(([127, 0, 0, 1], 0).into()).unwrap();
        let silent = TcpSocket::new_v4().unwrap();
        silent.set_recv_buffer_size(64 * 1024).unwrap();
        let _silent = silent
            .connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut taken = 0;
        let piece = [0; 16 * 1024];
        while let Ok(written) = timeout(Duration::from_millis(200), socket.write(&piece)).await {
            taken += written.unwrap();
            assert!(taken < 2 * 1024 * 1024, "the system holds {taken} bytes");
        }
        assert!(
            taken > 64 * 1024,
            "only {taken} bytes: too little for a far viewer"
        );
    }
}
