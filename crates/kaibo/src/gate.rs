//! Between media and the use cases: media knows streams, the use cases know rooms.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use kaibo_app::{Admission, Kaibo, Playback, RefusedPush};
use kaibo_domain::event::{RoomEvent, StoredEvent};
use kaibo_domain::id::stream_name;
use kaibo_media::gate::{
    Denied, Gate, Grant, PlayPolicy, PreviewKeys, PublishRequest, RefusedReason, SessionId,
    StreamEvent, StreamName,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The RTMP application under which streams are published (WeChat's push addresses).
const RTMP_APP: &str = "live";
/// How soon a cut takes effect if the event that asks for it is missed.
const LEASE: Duration = Duration::from_secs(5);
/// Between two tries to write a stream's event while the database is away: at first, and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

/// The gate over the use cases.
pub(crate) struct RoomGate {
    kaibo: Kaibo,
    streams: Mutex<HashMap<StreamName, Entry>>,
    /// Held from reading a room until what follows from it is done, so that what was read earlier
    /// never takes the place of what was read later.
    turn: tokio::sync::Mutex<()>,
    /// Refusals being written.
    refusals: TaskTracker,
}

struct Entry {
    policy: watch::Sender<PlayPolicy>,
    latency_budget: watch::Sender<Option<Duration>>,
    /// Cuts whoever was let in so far: each grant holds a child of it.
    cut: CancellationToken,
}

impl RoomGate {
    /// A gate that knows no stream yet.
    pub(crate) fn new(kaibo: Kaibo) -> Self {
        Self {
            kaibo,
            streams: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            refusals: TaskTracker::new(),
        }
    }

    /// Does what a room event asks of its stream: cuts it, or lets other people watch.
    pub(crate) async fn carry_out(&self, event: StoredEvent) {
        if event.event.is_about_subscribers() {
            return;
        }
        let Some(stream) = StreamName::new(&stream_name(&event.app_id, event.room_id)) else {
            return;
        };
        let _turn = self.turn.lock().await;
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
            Err(error) => {
                tracing::error!(%error, %stream, "cannot read who may watch");
                // What is over is over. For all else the lease asks again within seconds.
                if is_over(&event.event) {
                    self.set_policy(&stream, &Playback::Cut);
                }
            }
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

    fn set_latency_budget(&self, stream: &StreamName, budget: Option<Duration>) {
        self.with(|streams| {
            if let Some(entry) = streams.get(stream) {
                entry.latency_budget.send_replace(budget);
            }
        });
    }

    fn grant(
        &self,
        request: &PublishRequest,
        playback: &Playback,
        latency_budget: Option<Duration>,
    ) -> Grant {
        let policy = policy_of(playback);
        self.with(|streams| {
            let entry = streams
                .entry(request.stream.clone())
                .or_insert_with(|| Entry {
                    policy: watch::Sender::new(policy.clone()),
                    latency_budget: watch::Sender::new(latency_budget),
                    cut: CancellationToken::new(),
                });
            entry.policy.send_replace(policy);
            entry.latency_budget.send_replace(latency_budget);
            Grant {
                policy: entry.policy.subscribe(),
                latency_budget: entry.latency_budget.subscribe(),
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
        match self.admit(&request).await {
            Ok(Ok(grant)) => Ok(grant),
            Ok(Err(why)) => {
                let (stream, peer, why) = (&request.stream, request.peer, why.name());
                tracing::warn!(%stream, %peer, why, "push refused");
                self.note_refusal(stream.clone(), why);
                Err(Denied::BadName)
            }
            Err(error) => {
                tracing::error!(%error, stream = %request.stream, "push refused: cannot judge it");
                Err(Denied::BadName)
            }
        }
    }

    async fn admit(
        &self,
        request: &PublishRequest,
    ) -> kaibo_app::Result<Result<Grant, RefusedPush>> {
        let (stream, query) = (request.stream.as_str(), request.query.as_deref());
        let query = query.unwrap_or_default();
        if let Admission::Refused(why) = self.kaibo.admit(stream, query).await? {
            return Ok(Err(why));
        }
        // Whoever has a key is judged once more in turn: an event between the judgement and the
        // grant would find nobody to cut. Whoever has none keeps nobody waiting.
        let _turn = self.turn.lock().await;
        Ok(match self.kaibo.admit(stream, query).await? {
            Admission::Admitted(playback) => {
                let latency_budget = self.kaibo.latency_budget(stream).await?;
                Ok(self.grant(request, &playback, latency_budget))
            }
            Admission::Refused(why) => Err(why),
        })
    }

    /// What may have changed for a stream since it was let in.
    async fn look(&self, stream: &StreamName) -> kaibo_app::Result<(Playback, Option<Duration>)> {
        let playback = self.kaibo.playback(stream.as_str()).await?;
        let latency_budget = self.kaibo.latency_budget(stream.as_str()).await?;
        Ok((playback, latency_budget))
    }

    /// Keeps the reason for the anchor's page. The publisher does not wait for it: how long a
    /// write takes would tell that there is such a room.
    fn note_refusal(&self, stream: StreamName, why: &'static str) {
        let kaibo = self.kaibo.clone();
        self.refusals.spawn(async move {
            if let Err(error) = kaibo.note_push_refused(stream.as_str(), why, None).await {
                tracing::warn!(%error, %stream, "cannot note why a push was refused");
            }
        });
    }

    /// A stream's event is not lost, however long the database is away.
    async fn note(&self, event: &StreamEvent) {
        let (mut wait, longest) = RETRY;
        while let Err(error) = self.try_note(event).await {
            let stream = event.stream();
            tracing::error!(%error, %stream, "cannot note what happened; trying again");
            tokio::time::sleep(wait).await;
            wait = longest.min(wait * 2);
        }
    }

    async fn try_note(&self, event: &StreamEvent) -> kaibo_app::Result<()> {
        match event {
            StreamEvent::Good { stream } => {
                if self.kaibo.good_stream(stream.as_str()).await? {
                    // At once, not only by the room's event: whoever reads 101 can watch.
                    let _turn = self.turn.lock().await;
                    let playback = self.kaibo.playback(stream.as_str()).await?;
                    self.set_policy(stream, &playback);
                } else {
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
                let _turn = self.turn.lock().await;
                match self.look(&stream).await {
                    Ok((playback, latency_budget)) => {
                        self.set_latency_budget(&stream, latency_budget);
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

/// Whether the event ends a room's stream for good, whatever else is known of the room.
fn is_over(event: &RoomEvent) -> bool {
    match event {
        RoomEvent::Deleted => true,
        RoomEvent::Status { to, .. } => !to.takes_a_stream(),
        _ => false,
    }
}

fn policy_of(playback: &Playback) -> PlayPolicy {
    match playback {
        Playback::Open => PlayPolicy::Open,
        Playback::Preview(token) => PlayPolicy::Signed(PreviewKeys(vec![token.clone()])),
        Playback::Cut => PlayPolicy::Cut,
    }
}

#[cfg(test)]
mod tests {
    use kaibo_app::domain::MINUTE_MS;
    use kaibo_app::domain::draft::Draft;
    use kaibo_app::domain::event::Cause;
    use kaibo_app::domain::id::{AppId, RoomId};
    use kaibo_app::domain::room::Status;
    use kaibo_app::{AppConfig, Clock, DraftInput, Settings};
    use kaibo_store::Store;

    use super::*;

    const NOW: i64 = 1_795_312_800_000;

    struct House {
        store: Store,
        gate: RoomGate,
        app: AppId,
        room: RoomId,
        request: PublishRequest,
    }

    /// A room that a stream starts, and a publisher with its key.
    async fn house() -> House {
        let store = Store::open_in_memory().await.unwrap();
        let settings = Settings::new(&AppConfig::default(), "http://h", "rtmp://h").unwrap();
        let kaibo = Kaibo::new(store.clone(), Clock::manual(NOW), settings);
        let app = kaibo.create_app(None, None, "shop").await.unwrap().app_id;
        kaibo.verify_anchor(&app, "anchor_01").await.unwrap();
        let draft = Draft {
            name: "双十一专场".into(),
            start_at: NOW + 15 * MINUTE_MS,
            end_at: NOW + 75 * MINUTE_MS,
            anchor_name: "小王".into(),
            anchor_wechat: "anchor_01".into(),
            ..Draft::default()
        };
        let input = DraftInput {
            draft,
            images_required: false,
        };
        let room = kaibo.create_room(&app, input).await.unwrap();
        let key = kaibo.push_address(&room).await.unwrap().key;
        let (stream, query) = key.split_once('?').unwrap();
        let request = PublishRequest {
            stream: StreamName::new(stream).unwrap(),
            app: RTMP_APP.into(),
            query: Some(query.into()),
            peer: ([127, 0, 0, 1], 9).into(),
            session: SessionId(1),
        };
        House {
            store,
            gate: RoomGate::new(kaibo),
            app,
            room: room.id,
            request,
        }
    }

    #[tokio::test]
    async fn key_revoked_while_it_is_judged_lets_nobody_in() {
        let house = house().await;
        let gate = &house.gate;
        let turn = gate.turn.lock().await;
        let revoke = async {
            gate.kaibo
                .revoke_push(&house.app, house.room)
                .await
                .unwrap();
            drop(turn);
        };
        let (judged, ()) = tokio::join!(gate.publish(house.request.clone()), revoke);
        assert_eq!(judged.err(), Some(Denied::BadName));
        assert!(gate.play(&house.request.stream).is_none());
    }

    #[tokio::test]
    async fn an_apps_latency_budget_reaches_a_stream_that_runs() {
        let house = house().await;
        let gate = &house.gate;
        let set = async |ms| gate.kaibo.set_latency_budget(&house.app, ms).await.unwrap();
        set(Some(350)).await;
        let grant = gate.publish(house.request.clone()).await.unwrap();
        assert_eq!(
            *grant.latency_budget.borrow(),
            Some(Duration::from_millis(350))
        );
        set(None).await;
        let session = (house.request.stream.clone(), house.request.session);
        assert!(gate.renew(vec![session]).await.is_empty());
        assert_eq!(*grant.latency_budget.borrow(), None);
    }

    #[tokio::test]
    async fn refused_push_is_noted_for_the_anchor() {
        let house = house().await;
        let mut request = house.request.clone();
        request.query = None;
        assert_eq!(
            house.gate.publish(request).await.err(),
            Some(Denied::BadName)
        );
        house.gate.refusals.close();
        house.gate.refusals.wait().await;
        let noted = house.gate.kaibo.push_refusal(&house.app, house.room).await;
        assert_eq!(noted.unwrap().unwrap().reason, "wrong_key");
    }

    #[tokio::test]
    async fn event_of_a_stream_waits_for_the_database() {
        let house = house().await;
        house.store.close().await;
        tokio::time::pause();
        let stream = house.request.stream.clone();
        let noted = house.gate.event(StreamEvent::Lost { stream });
        let ten_minutes = Duration::from_mins(10);
        assert!(tokio::time::timeout(ten_minutes, noted).await.is_err());
    }

    #[tokio::test]
    async fn banned_room_is_cut_though_the_database_is_away() {
        let house = house().await;
        let mut grant = house.gate.publish(house.request.clone()).await.unwrap();
        house.store.close().await;
        let event = StoredEvent {
            offset: 1,
            app_id: house.app.clone(),
            room_id: house.room,
            at: NOW,
            event: RoomEvent::Status {
                from: Status::Planned,
                to: Status::Banned,
                cause: Cause::Ban,
            },
        };
        house.gate.carry_out(event).await;
        assert_eq!(*grant.policy.borrow_and_update(), PlayPolicy::Cut);
        assert!(grant.cut.is_cancelled());
    }
}
