//! All streams by name, and the tasks that watch over each.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::task::TaskTracker;

use crate::config::{MediaConfig, ms};
use crate::fan::{FanTask, Viewer};
use crate::gate::{
    Gate, Grant, PlayPolicy, PublishRequest, RefusedReason, SessionId, StreamEvent, StreamName,
};
use crate::meter;
use crate::publisher::Publisher;
use crate::shelf::Shelf;
use crate::stream::{Current, Heard, Stream};

/// Who may watch a stream, as it changes.
pub(crate) type Policy = watch::Receiver<PlayPolicy>;

/// Wall clock: milliseconds since 1970-01-01 UTC.
pub(crate) type NowMs = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Somebody publishes already, and is alive.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Occupied;

/// What all parts of media share.
pub(crate) struct Registry {
    pub(crate) config: MediaConfig,
    pub(crate) gate: Arc<dyn Gate>,
    pub(crate) now_ms: NowMs,
    streams: Mutex<HashMap<StreamName, Arc<Stream>>>,
    sessions: AtomicU64,
    tasks: TaskTracker,
}

impl Registry {
    pub(crate) fn new(config: MediaConfig, gate: Arc<dyn Gate>, now_ms: NowMs) -> Self {
        Self {
            config,
            gate,
            now_ms,
            streams: Mutex::default(),
            sessions: AtomicU64::new(1),
            tasks: TaskTracker::new(),
        }
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<StreamName, Arc<Stream>>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number for a new conversation.
    pub(crate) fn next_session(&self) -> SessionId {
        SessionId(self.sessions.fetch_add(1, Ordering::Relaxed))
    }

    /// The stream of this name, if it has had a publisher.
    pub(crate) fn get(&self, name: &StreamName) -> Option<Arc<Stream>> {
        self.streams().get(name).cloned()
    }

    /// Every stream.
    pub(crate) fn all(&self) -> Vec<Arc<Stream>> {
        self.streams().values().cloned().collect()
    }

    /// Makes a publisher with leave the stream's publisher.
    pub(crate) fn attach(
        self: &Arc<Self>,
        request: &PublishRequest,
        grant: &Grant,
    ) -> Result<Publisher, Occupied> {
        let now = Instant::now();
        let heard = Arc::new(Heard::new(now));
        let leave = grant.cut.child_token();
        let current = Current {
            session: request.session,
            peer: request.peer,
            leave: leave.clone(),
            heard: heard.clone(),
            lease: grant.lease,
            lease_until: now + grant.lease,
        };
        let mut streams = self.streams();
        if let Some(stream) = streams.get(&request.stream) {
            let alive = stream.with_current(|old| {
                let heard = old.heard.at().elapsed() < ms(self.config.takeover_ms);
                heard && !old.leave.is_cancelled()
            });
            if alive == Some(true) {
                stream.report(StreamEvent::Refused {
                    stream: stream.name.clone(),
                    reason: RefusedReason::Busy,
                });
                return Err(Occupied);
            }
        }
        let known = streams
            .get(&request.stream)
            .filter(|stream| !stream.over.is_cancelled());
        let stream = known.cloned().unwrap_or_else(|| {
            let stream = Arc::new(self.open(request.stream.clone(), grant));
            streams.insert(request.stream.clone(), stream.clone());
            self.tasks.spawn(self.clone().watch_over(stream.clone()));
            self.tasks.spawn(self.clone().deliver(stream.clone()));
            stream
        });
        // Streams end under this map's lock only, so the one found here has not.
        stream.attach(current, grant);
        drop(streams);
        Ok(Publisher::new(stream, request.session, leave, heard))
    }

    /// Hands a viewer's connection to one of the stream's fans.
    pub(crate) async fn fan_out(&self, stream: &Arc<Stream>, policy: Policy, viewer: Viewer) {
        let open = |way_out| match FanTask::new(stream.clone(), policy, way_out, &self.config) {
            Ok(fan) => drop(self.tasks.spawn(contain("a fan", fan.run()))),
            Err(error) => tracing::warn!(%error, "cannot serve more viewers"),
        };
        stream.fans.take(viewer, open).await;
    }

    fn open(&self, name: StreamName, grant: &Grant) -> Stream {
        let shelf = Shelf::new(&self.config, self.now_ms.clone());
        Stream::new(name, grant, &self.config, shelf)
    }

    fn forget(&self, stream: &Arc<Stream>, only_stale: bool) -> bool {
        let mut streams = self.streams();
        if only_stale && !stream.is_stale(self.config.linger_ms) {
            return false;
        }
        stream.end();
        if streams
            .get(&stream.name)
            .is_some_and(|known| Arc::ptr_eq(known, stream))
        {
            streams.remove(&stream.name);
        }
        true
    }

    /// Ends every stream, so that viewers' connections end; waits until the gate was told all.
    pub(crate) async fn end_all(&self) {
        let streams: Vec<_> = self.streams().drain().map(|(_, stream)| stream).collect();
        for stream in streams {
            stream.end();
        }
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Notices that a stream is lost, cut or forgotten; ends with it.
    async fn watch_over(self: Arc<Self>, stream: Arc<Stream>) {
        loop {
            stream.check_lost(self.config.lost_ms);
            let look = stream.next_look(self.config.lost_ms, self.config.linger_ms);
            let mut policy = stream.policy();
            let cut = tokio::select! {
                () = stream.over.cancelled() => return,
                () = stream.changed.notified() => false,
                // A gate that dropped the policy does not know the stream any more.
                _ = policy.wait_for(|policy| *policy == PlayPolicy::Cut) => true,
                () = sleep_until(look.unwrap_or_else(Instant::now)), if look.is_some() => false,
            };
            if (cut || stream.is_stale(self.config.linger_ms)) && self.forget(&stream, !cut) {
                tracing::info!(stream = %stream.name, cut, "stream ended");
                return;
            }
        }
    }

    /// Tells the gate what happens to a stream, in order; ends with it.
    async fn deliver(self: Arc<Self>, stream: Arc<Stream>) {
        loop {
            while let Some(event) = stream.next_event() {
                survive(self.gate.event(event)).await;
            }
            if stream.is_silent() {
                return;
            }
            stream.has_event.notified().await;
        }
    }

    /// Asks the gate about leases that run out, and cuts whom it does not want; never ends.
    pub(crate) async fn renew_leases(&self) {
        let mut tick = tokio::time::interval(ms(1_000));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let now = Instant::now();
            let streams = self.all();
            let due: Vec<_> = streams
                .iter()
                .filter_map(|stream| {
                    let due = |current: &mut Current| {
                        let left = current.lease_until.saturating_duration_since(now);
                        (left <= current.lease / 2).then_some(current.session)
                    };
                    Some((stream.name.clone(), stream.with_current(due).flatten()?))
                })
                .collect();
            if due.is_empty() {
                continue;
            }
            let asked = survive(self.gate.renew(due.clone()));
            // No answer keeps everybody; they are asked about again at the next tick.
            let Ok(Some(unwanted)) = timeout(ms(self.config.gate_ms), asked).await else {
                continue;
            };
            let now = Instant::now();
            for stream in &streams {
                stream.with_current(|current| {
                    if unwanted.contains(&current.session) {
                        tracing::info!(stream = %stream.name, session = %current.session, "lease not renewed");
                        current.leave.cancel();
                    } else if due.iter().any(|(_, session)| *session == current.session) {
                        current.lease_until = now + current.lease;
                    }
                });
            }
        }
    }
}

/// Waits for the gate; a fault in it costs this one answer.
async fn survive<T>(asked: BoxFuture<'_, T>) -> Option<T> {
    contain("the gate", asked).await
}

/// Runs a part so that a panic in it ends this part alone.
async fn contain<T>(what: &str, part: impl Future<Output = T>) -> Option<T> {
    let done = AssertUnwindSafe(part).catch_unwind().await.ok();
    if done.is_none() {
        meter::panicked();
        tracing::error!("{what} failed by a fault of Kaibo; please report it");
    }
    done
}
