//! The running server, put together: reads as the system's diagram.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use kaibo_app::{Clock, Kaibo, Settings};
use kaibo_media::Media;
use kaibo_store::{ServerLock, Store};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{self, Config};
use crate::gate::RoomGate;
use crate::http;

/// Everything that runs.
pub(crate) struct Server {
    /// The use cases.
    pub(crate) kaibo: Kaibo,
    /// Makes the owner, where there is none yet.
    pub(crate) setup_link: Option<String>,
    /// Where encoders on this machine push to.
    pub(crate) rtmp_local: String,
    /// Cancelled when the server is to end.
    pub(crate) shutdown: CancellationToken,
    tasks: TaskTracker,
    lock: ServerLock,
}

impl Server {
    /// Opens the store, binds the listeners, and starts every part.
    pub(crate) async fn start(config: &Config) -> anyhow::Result<Self> {
        raise_open_files();
        let metrics = PrometheusBuilder::new().install_recorder()?;
        let data_dir = &config.server.data_dir;
        let database = config.database()?;
        let store = Store::open_with(data_dir, &database).await?;
        let Some(lock) = store.lock_server().await? else {
            bail!(
                "another kaibo server runs on {} or its database; stop it first",
                data_dir.display()
            );
        };
        let http = http::listen(config.server.http)
            .with_context(|| cannot_listen(config.server.http, "server.http"))?;
        let rtmp = TcpListener::bind(config.server.rtmp)
            .await
            .with_context(|| cannot_listen(config.server.rtmp, "server.rtmp"))?;
        let settings = settings(config, &http, &rtmp)?;
        let (public_http, public_rtmp) =
            (settings.public_http.clone(), settings.public_rtmp.clone());
        let kaibo = Kaibo::new(store, Clock::System, settings);
        let gate = Arc::new(RoomGate::new(kaibo.clone()));
        let wall_clock = kaibo.clone();
        let now_ms = Arc::new(move || wall_clock.now());
        let media = Media::new(config.media.clone(), gate.clone(), now_ms);
        let shutdown = CancellationToken::new();
        let figures = kaibo_api::Metrics {
            render: Arc::new(move || metrics.render()),
            token: config.server.metrics_token.clone(),
        };
        let api = kaibo_api::router(kaibo.clone(), &config.api, Some(figures), shutdown.clone());
        let router = api.merge(media.router());

        let rtmp_local = config::public_address("", "rtmp", 1935, rtmp.local_addr()?);
        let server = Self {
            setup_link: setup_link(&kaibo).await?,
            rtmp_local,
            kaibo,
            shutdown,
            tasks: TaskTracker::new(),
            lock,
        };
        server.run_outbox(gate).await;
        server.kaibo.restart_rooms().await?;
        server.run_timers();
        let stop = server.shutdown.clone();
        server.spawn(async move { media.rtmp(rtmp, stop).await });
        let limits = http::Limits {
            connections: config.server.max_connections,
            stall: Duration::from_millis(config.media.stall_ms),
        };
        server.spawn(http::serve(http, router, limits, server.shutdown.clone()));
        let database = database.name(data_dir);
        tracing::info!(http = public_http, rtmp = public_rtmp, database, "ready");
        Ok(server)
    }

    /// Runs until SIGTERM or Ctrl-C, then drains.
    pub(crate) async fn until_stopped(mut self) -> anyhow::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let asked = tokio::select! {
            _ = terminate.recv() => true,
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                true
            }
            () = self.lock.taken() => {
                tracing::error!("another server has taken the database while it was away; stopping");
                false
            }
            () = self.shutdown.cancelled() => false,
        };
        tracing::info!("draining");
        self.shutdown.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        tracing::info!("stopped");
        if !asked {
            bail!("a part of the server failed, so all of it stopped; the log above says why");
        }
        Ok(())
    }

    /// Runs a part for as long as the server runs. A part that ends before ends the server, which
    /// must not go on without its timers or its events; whoever watches over it starts it anew.
    pub(crate) fn spawn(&self, part: impl Future<Output = ()> + Send + 'static) {
        let end_of_all = self.shutdown.clone().drop_guard();
        self.tasks.spawn(async move {
            let _end_of_all = end_of_all;
            part.await;
        });
    }

    async fn run_outbox(&self, gate: Arc<RoomGate>) {
        let kaibo = self.kaibo.clone();
        let shutdown = self.shutdown.clone();
        let (ready, tailing) = tokio::sync::oneshot::channel();
        self.spawn(async move {
            let carry_out = |event| {
                let gate = gate.clone();
                async move { gate.carry_out(event).await }
            };
            if let Err(error) = kaibo.run_outbox(shutdown, ready, carry_out).await {
                tracing::error!(%error, "room events cannot be read; stopping");
            }
        });
        // An error only says that the tail has failed, which it has logged.
        let _ = tailing.await;
    }

    fn run_timers(&self) {
        let kaibo = self.kaibo.clone();
        let shutdown = self.shutdown.clone();
        self.spawn(async move {
            tokio::join!(
                kaibo.run_timers(shutdown.clone()),
                kaibo.run_bookkeeping(shutdown.clone()),
                kaibo.run_reviews(shutdown.clone()),
                kaibo.run_image_purge(shutdown)
            );
        });
    }
}

fn settings(config: &Config, http: &TcpListener, rtmp: &TcpListener) -> anyhow::Result<Settings> {
    let server = &config.server;
    let http = config::public_address(&server.public_http, "http", 80, http.local_addr()?);
    let rtmp = config::public_address(&server.public_rtmp, "rtmp", 1935, rtmp.local_addr()?);
    Ok(Settings::new(&config.app(), &http, &rtmp)?)
}

async fn setup_link(kaibo: &Kaibo) -> anyhow::Result<Option<String>> {
    let http = &kaibo.settings().public_http;
    // The token stands in the fragment, which browsers keep out of requests and so out of logs.
    let link = |token| format!("{http}/console/setup#token={token}");
    Ok(kaibo.open_setup().await?.map(link))
}

fn cannot_listen(at: SocketAddr, key: &str) -> String {
    format!("cannot listen on {at}; choose another address with {key}")
}

/// Every viewer is an open file: takes as many as the system gives.
fn raise_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn server_stops_and_says_so_when_a_part_of_it_fails() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.server.data_dir = folder.path().to_owned();
        config.server.http = ([127, 0, 0, 1], 0).into();
        config.server.rtmp = ([127, 0, 0, 1], 0).into();
        let server = Server::start(&config).await.unwrap();
        server.spawn(async { panic!("a bug of this part") });
        let limit = Duration::from_secs(20);
        let stopped = tokio::time::timeout(limit, server.until_stopped()).await;
        let error = stopped.expect("it stops").expect_err("not as asked");
        assert!(error.to_string().contains("failed"), "{error}");
    }
}
