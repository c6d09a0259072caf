//! Kaibo's media server: streams, RTMP in, HTTP-FLV and HLS out. Knows streams, not rooms.
//!
//! The way of a frame: `server/rtmp` → proto's session → `publisher` → `stream` (stamped, muxed once)
//! → `fan` (writes to many) → `subscriber` (a cursor) → socket; or → `shelf` → `server/hls`.

mod block;
mod config;
mod fan;
pub mod gate;
mod gop;
mod health;
mod meter;
mod publisher;
pub mod push;
mod registry;
mod seed;
mod server;
mod shelf;
mod stall;
mod stats;
mod stream;
mod subscriber;
#[cfg(test)]
mod tests;
mod timeline;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use axum::Router;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{Method, Uri};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::cors::{Any, CorsLayer};

pub use config::MediaConfig;
pub use server::http_flv::Handoff;
pub use stall::StallGuard;
pub use stats::{PublisherStats, StreamStats};

use gate::Gate;
use registry::Registry;
use server::{hls, http_flv, rtmp, viewing};

/// The media server. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Media {
    registry: Arc<Registry>,
    seats: Arc<AtomicUsize>,
}

impl std::fmt::Debug for Media {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Media")
            .field("config", &self.registry.config)
            .finish_non_exhaustive()
    }
}

impl Media {
    /// A media server without streams. `now_ms` gives the wall clock in milliseconds since
    /// 1970-01-01 UTC, for players that show the time of day. Install a metrics recorder before.
    pub fn new(
        config: MediaConfig,
        gate: Arc<dyn Gate>,
        now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
    ) -> Self {
        meter::describe();
        Self {
            registry: Arc::new(Registry::new(config, gate, now_ms)),
            seats: Arc::default(),
        }
    }

    /// Serves RTMP publishers until `shutdown`. Then closes them and ends all streams, so that viewers'
    /// connections end too; returns within twice `drain_ms`. Once for each `Media`.
    pub async fn rtmp(&self, listener: TcpListener, shutdown: CancellationToken) {
        let registry = self.registry.clone();
        tokio::select! {
            () = rtmp::serve(registry.clone(), listener, shutdown) => {}
            () = registry.renew_leases() => {}
        }
        let limit = config::ms(self.registry.config.drain_ms);
        // Events the gate does not take in time are lost; it starts from its own records next time.
        let _ = tokio::time::timeout(limit, self.registry.end_all()).await;
    }

    /// `/live/{stream}.flv` and `/live/{stream}/…` (HLS), open to every origin. Whoever serves it
    /// must look for a [`Handoff`] in each answer.
    pub fn router(&self) -> Router {
        let flv = self.clone();
        let hls = self.registry.clone();
        let cors = CorsLayer::new()
            .allow_origin(Any)
            .allow_methods([Method::GET, Method::HEAD])
            .allow_headers(Any);
        Router::new()
            .route(
                "/live/{file}",
                get(
                    async move |path: Result<Path<String>, PathRejection>, uri: Uri| match path {
                        Ok(Path(file)) => http_flv::answer(&flv, &file, &uri),
                        Err(_) => viewing::not_found(),
                    },
                ),
            )
            .route(
                "/live/{stream}/{file}",
                get(
                    async move |path: Result<Path<(String, String)>, PathRejection>, uri: Uri| {
                        match path {
                            Ok(Path((stream, file))) => {
                                hls::answer(&hls, &stream, &file, &uri).await
                            }
                            Err(_) => viewing::not_found(),
                        }
                    },
                ),
            )
            .layer(cors)
    }

    /// Every stream's figures, without any secret. In the order of their names.
    pub fn stats(&self) -> Vec<StreamStats> {
        let mut all: Vec<_> = self
            .registry
            .all()
            .iter()
            .map(|stream| stats::of(stream))
            .collect();
        all.sort_by(|a, b| a.stream.cmp(&b.stream));
        all
    }
}
