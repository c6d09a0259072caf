//! Between media and the use cases: media knows streams, the use cases know rooms.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use kaibo_app::{Admission, Kaibo, Playback};
use kaibo_domain::event::StoredEvent;
use kaibo_domain::id::stream_name;
use kaibo_media::gate::{
    Denied, Gate, Grant, PlayPolicy, PreviewKeys, PublishRequest, RefusedReason, SessionId,
    StreamEvent, StreamName,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The RTMP application under which streams are published (WeChat's push addresses).
const RTMP_APP: &str = "live";
/// How soon a cut takes effect if the event that asks for it is missed.
const LEASE: Duration = Duration::from_secs(5);
/// Tries to write a stream's event while the database is away.
const TRIES: u32 = 60;

/// The gate over the use cases.
pub(crate) struct RoomGate {
    kaibo: Kaibo,
    streams: Mutex<HashMap<StreamName, Entry>>,
}

struct Entry {
    policy: watch::Sender<PlayPolicy>,
    /// Cuts whoever was let in so far: each grant holds a child of it.
    cut: CancellationToken,
}

impl RoomGate {
    /// A gate that knows no stream yet.
    pub(crate) fn new(kaibo: Kaibo) -> Self {
        Self {
            kaibo,
            streams: Mutex::default(),
        }
    }

    /// Does what a room event asks of its stream: cuts it, or lets other people watch.
    pub(crate) async fn carry_out(&self, event: StoredEvent) {
        let Some(stream) = StreamName::new(&stream_name(&event.app_id, event.room_id)) else {
            return;
        };
        if !self.knows(&stream) {
            return;
        }
        let (app_id, room_id) = (&event.app_id, event.room_id);
        match self
            .kaibo
            .stream_to_cut(app_id, room_id, &event.event)
            .await
        {
            Ok(true) => self.cut_publisher(&stream, "the room's key was revoked or its quota used"),
            Ok(false) => {}
            Err(error) => tracing::error!(%error, %stream, "cannot read why a stream is to be cut"),
        }
        match self.kaibo.playback(stream.as_str()).await {
            Ok(playback) => self.set_policy(&stream, &playback),
            // The lease asks again within seconds.
            Err(error) => tracing::error!(%error, %stream, "cannot read who may watch"),
        }
    }

    fn with<T>(&self, use_streams: impl FnOnce(&mut HashMap<StreamName, Entry>) -> T) -> T {
        use_streams(&mut self.streams.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn knows(&self, stream: &StreamName) -> bool {
        self.with(|streams| streams.contains_key(stream))
    }

    fn cut_publisher(&self, stream: &StreamName, why: &str) {
        self.with(|streams| {
            if let Some(entry) = streams.get_mut(stream) {
                tracing::info!(%stream, why, "publisher cut");
                std::mem::take(&mut entry.cut).cancel();
            }
        });
    }

    fn set_policy(&self, stream: &StreamName, playback: &Playback) {
        let policy = policy_of(playback);
        self.with(|streams| {
            let Some(entry) = streams.get(stream) else {
                return;
            };
            entry.policy.send_if_modified(|now| {
                let changed = *now != policy;
                now.clone_from(&policy);
                changed
            });
            if policy == PlayPolicy::Cut {
                tracing::info!(%stream, "stream closed with its room");
                entry.cut.cancel();
                streams.remove(stream);
            }
        });
    }

    fn grant(&self, request: &PublishRequest, playback: &Playback) -> Grant {
        let policy = policy_of(playback);
        self.with(|streams| {
            let entry = streams
                .entry(request.stream.clone())
                .or_insert_with(|| Entry {
                    policy: watch::Sender::new(policy.clone()),
                    cut: CancellationToken::new(),
                });
            entry.policy.send_replace(policy);
            Grant {
                policy: entry.policy.subscribe(),
                cut: entry.cut.child_token(),
                lease: LEASE,
            }
        })
    }

    async fn judge(&self, request: PublishRequest) -> Result<Grant, Denied> {
        if request.app != RTMP_APP {
            let (stream, app, peer) = (&request.stream, &request.app, request.peer);
            tracing::warn!(%stream, app, %peer, "push refused: another application than live");
            return Err(Denied::BadName);
        }
        let query = request.query.as_deref().unwrap_or_default();
        match self.kaibo.admit(request.stream.as_str(), query).await {
            Ok(Admission::Admitted(playback)) => Ok(self.grant(&request, &playback)),
            Ok(Admission::Refused(why)) => {
                let (stream, peer) = (&request.stream, request.peer);
                tracing::warn!(%stream, %peer, why = why.name(), "push refused");
                Err(Denied::BadName)
            }
            Err(error) => {
                tracing::error!(%error, stream = %request.stream, "push refused: cannot judge it");
                Err(Denied::BadName)
            }
        }
    }

    /// A stream's event is not lost for a database that is away for a while.
    async fn note(&self, event: &StreamEvent) {
        for _ in 0..TRIES {
            match self.try_note(event).await {
                Ok(()) => return,
                Err(error) => {
                    let stream = event.stream();
                    tracing::error!(%error, %stream, "cannot note what happened; trying again");
                }
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    async fn try_note(&self, event: &StreamEvent) -> kaibo_app::Result<()> {
        match event {
            StreamEvent::Good { stream } => {
                if !self.kaibo.good_stream(stream.as_str()).await? {
                    self.cut_publisher(stream, "the room may not go on air");
                }
            }
            StreamEvent::Lost { stream } => self.kaibo.lost_stream(stream.as_str()).await?,
            StreamEvent::Unpublished { stream } => tracing::info!(%stream, "publisher left"),
            StreamEvent::Refused { stream, reason } => {
                let (reason, detail) = match reason {
                    RefusedReason::UnsupportedCodec { name } => {
                        ("unsupported_codec", Some(name.clone()))
                    }
                    RefusedReason::Busy => ("busy", None),
                };
                self.kaibo
                    .note_push_refused(stream.as_str(), reason, detail)
                    .await?;
            }
        }
        Ok(())
    }
}

impl Gate for RoomGate {
    fn publish(&self, request: PublishRequest) -> BoxFuture<'_, Result<Grant, Denied>> {
        Box::pin(self.judge(request))
    }

    fn renew(&self, sessions: Vec<(StreamName, SessionId)>) -> BoxFuture<'_, Vec<SessionId>> {
        Box::pin(async move {
            let mut gone = Vec::new();
            for (stream, session) in sessions {
                match self.kaibo.playback(stream.as_str()).await {
                    Ok(playback) => {
                        self.set_policy(&stream, &playback);
                        if playback == Playback::Cut {
                            gone.push(session);
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, %stream, "leave kept: the database is away");
                    }
                }
            }
            gone
        })
    }

    fn event(&self, event: StreamEvent) -> BoxFuture<'_, ()> {
        Box::pin(async move { self.note(&event).await })
    }

    fn play(&self, stream: &StreamName) -> Option<watch::Receiver<PlayPolicy>> {
        self.with(|streams| streams.get(stream).map(|entry| entry.policy.subscribe()))
    }
}

fn policy_of(playback: &Playback) -> PlayPolicy {
    match playback {
        Playback::Open => PlayPolicy::Open,
        Playback::Preview(token) => PlayPolicy::Signed(PreviewKeys(vec![token.clone()])),
        Playback::Cut => PlayPolicy::Cut,
    }
}
