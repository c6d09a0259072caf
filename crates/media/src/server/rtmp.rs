//! RTMP in: accepts connections, lets publishers in by the gate, feeds their frames to streams.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::config::ms;
use crate::meter;
use crate::registry::Registry;
use crate::server::admission::Admission;
use crate::server::rtmp_connection::Connection;

/// How long to wait after `accept` failed, mostly for want of file descriptors.
const ACCEPT_PAUSE_MS: u64 = 100;

/// Serves RTMP publishers until `shutdown`; then closes them, and waits for them `drain_ms` at most.
pub(crate) async fn serve(
    registry: Arc<Registry>,
    listener: TcpListener,
    shutdown: CancellationToken,
) {
    let limits = (
        registry.config.max_connections,
        registry.config.max_connections_per_ip,
    );
    let admission = Admission::new(limits.0, limits.1);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            Some(ended) = connections.join_next() => note_end(ended),
            accepted = listener.accept() => match accepted {
                Ok((socket, peer)) => {
                    let Some(admitted) = admission.admit(peer.ip()) else {
                        meter::refused("connections");
                        continue;
                    };
                    let (registry, shutdown) = (registry.clone(), shutdown.clone());
                    connections.spawn(async move {
                        converse(registry, socket, peer, shutdown).await;
                        drop(admitted);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept RTMP connections; raise the limit of open files");
                    tokio::time::sleep(ms(ACCEPT_PAUSE_MS)).await;
                }
            },
        }
    }
    drop(listener);
    let drained = async {
        while let Some(ended) = connections.join_next().await {
            note_end(ended);
        }
    };
    if timeout(ms(registry.config.drain_ms), drained)
        .await
        .is_err()
    {
        connections.shutdown().await;
    }
}

fn note_end(ended: Result<(), JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        meter::panicked();
        tracing::error!("an RTMP connection ended by a fault of Kaibo; please report it");
    }
}

async fn converse(
    registry: Arc<Registry>,
    socket: TcpStream,
    peer: SocketAddr,
    shutdown: CancellationToken,
) {
    let connection = match Connection::new(registry, socket, peer) {
        Ok(connection) => connection,
        Err(error) => return tracing::debug!(%peer, %error, "RTMP connection lost at once"),
    };
    let id = connection.id();
    match connection.run(shutdown).await {
        Ok(()) => tracing::debug!(%peer, session = %id, "RTMP connection ended"),
        Err(error) => tracing::info!(%peer, session = %id, %error, "RTMP connection ended"),
    }
}
