//! Events on their way to endpoints: spread from the outbox behind a durable cursor, each lane in
//! order, each try noted, none forgotten (docs/why/webhooks.md).

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use kaibo_domain::HOUR_MS;
use kaibo_domain::alert;
use kaibo_domain::endpoint::{PATIENCE_MS, next_try};
use kaibo_domain::event::{RoomEvent, StoredEvent};
use kaibo_domain::room::Room;
use kaibo_domain::subscription::SubscriptionKind;
use kaibo_store::{Delivery, Endpoint, EndpointKind, NewDelivery, Tried};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::endpoints::{message_settings, wants, webhook_settings};
use crate::ports::{CallError, MessageCall, WebhookCall};
use crate::{Kaibo, Result, secret, webhook_body};

/// Most events that are looked at for one endpoint in one go.
const EVENTS: i64 = 256;
/// Most calls to one endpoint at once; each is of another room.
const CALLS_PER_ENDPOINT: usize = 4;
/// Most calls at once.
const CALLS: usize = 64;
/// How long the loop sleeps at most.
const LONGEST: Duration = Duration::from_secs(30);
/// How long deliveries that are over stay in the log.
const KEPT_MS: i64 = 30 * 24 * HOUR_MS;

/// What the loop knows beside the store; nothing here must survive a restart.
#[derive(Default)]
struct Courier {
    /// Up to which event there is nothing for an endpoint: a cursor that moves is a commit, and
    /// most events are not for everybody.
    scanned: HashMap<i64, i64>,
    /// Deliveries whose call is on its way, and to whom.
    under_way: HashMap<String, i64>,
    calls: JoinSet<(String, i64)>,
    purged_at: i64,
}

impl Kaibo {
    /// Delivers until `shutdown`; calls that are on their way then are waited for, so that none
    /// comes twice.
    pub async fn run_deliveries(&self, shutdown: CancellationToken) {
        let mut watcher = self.store().watch();
        let mut courier = Courier::default();
        while !shutdown.is_cancelled() {
            let wait = match self.deliver(&mut courier).await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::error!(%error, "deliveries wait; trying again");
                    Duration::from_secs(1)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait.min(LONGEST)) => {}
                () = watcher.changed() => {}
                Some(done) = courier.calls.join_next() => courier.forget(done),
                () = shutdown.cancelled() => {}
            }
        }
        while courier.calls.join_next().await.is_some() {}
    }

    /// Delivers all that is due now, and what that makes due.
    pub async fn deliver_due(&self) -> Result<()> {
        let mut courier = Courier::default();
        loop {
            self.deliver(&mut courier).await?;
            match courier.calls.join_next().await {
                Some(done) => courier.forget(done),
                None => return Ok(()),
            }
        }
    }

    /// Makes deliveries of new events and sends what is due off; how long until more is due.
    async fn deliver(&self, courier: &mut Courier) -> Result<Duration> {
        let endpoints = self.store().enabled_endpoints().await?;
        let last = self.store().last_offset().await?;
        for endpoint in &endpoints {
            self.spread(courier, endpoint, last).await?;
        }
        let now = self.now();
        for endpoint in endpoints {
            let under_way = courier.under_way_to(endpoint.id);
            if under_way >= CALLS_PER_ENDPOINT || courier.calls.len() >= CALLS {
                continue;
            }
            // Those that are under way are still due: look behind them.
            let most = CALLS_PER_ENDPOINT as i64;
            let due = self.store().due_deliveries(endpoint.id, now, most).await?;
            let fresh = due.into_iter().filter(|due| !courier.is_under_way(&due.id));
            let fresh: Vec<_> = fresh.take(CALLS_PER_ENDPOINT - under_way).collect();
            for delivery in fresh {
                courier.under_way.insert(delivery.id.clone(), endpoint.id);
                let (kaibo, endpoint) = (self.clone(), endpoint.clone());
                courier.calls.spawn(async move {
                    let key = (delivery.id.clone(), endpoint.id);
                    kaibo.try_delivery(&endpoint, delivery).await;
                    key
                });
            }
        }
        if now - courier.purged_at >= HOUR_MS {
            courier.purged_at = now;
            self.store().purge_deliveries(now - KEPT_MS).await?;
        }
        let next = self.store().next_delivery(now).await?;
        let wait = next.map_or(i64::MAX, |at| (at - now).max(1));
        Ok(Duration::from_millis(u64::try_from(wait).unwrap_or(1)))
    }

    /// Makes deliveries of the events that an endpoint has not been told of.
    async fn spread(&self, courier: &mut Courier, endpoint: &Endpoint, last: i64) -> Result<()> {
        if endpoint.kind == EndpointKind::Verifier {
            return self.spread_submissions(endpoint).await;
        }
        let under_way: HashSet<String> = courier.under_way.keys().cloned().collect();
        let scanned = courier.scanned.entry(endpoint.id).or_default();
        let mut seen = endpoint.seen;
        let mut from = seen.max(*scanned);
        while from < last {
            let app_id = &endpoint.app_id;
            let events = self.store().app_events_after(app_id, from, EVENTS).await?;
            let Some(newest) = events.last().map(|event| event.offset) else {
                *scanned = last;
                return Ok(());
            };
            let mut deliveries: Vec<NewDelivery> = Vec::new();
            for event in &events {
                let Some(new) = self.delivery_of(endpoint, event, &under_way).await? else {
                    continue;
                };
                let is_counted = |there: &NewDelivery| there.lane == new.lane;
                if endpoint.kind != EndpointKind::Bot || !deliveries.iter().any(is_counted) {
                    deliveries.push(new);
                }
            }
            if !deliveries.is_empty() {
                let moved = self.store().spread(
                    endpoint.id,
                    app_id,
                    (seen, newest),
                    &deliveries,
                    self.now(),
                );
                if !moved.await? {
                    return Ok(());
                }
                seen = newest;
            }
            *scanned = newest;
            from = newest;
        }
        Ok(())
    }

    async fn delivery_of(
        &self,
        endpoint: &Endpoint,
        event: &StoredEvent,
        under_way: &HashSet<String>,
    ) -> Result<Option<NewDelivery>> {
        let id = secret::random_hex::<16>();
        let (kind, body) = match endpoint.kind {
            EndpointKind::Message if is_wechats(&event.event) => ("event", as_json(event)),
            EndpointKind::Message | EndpointKind::Reviewer | EndpointKind::Verifier => {
                return Ok(None);
            }
            EndpointKind::Bot => {
                let is_under_way = |id: &str| under_way.contains(id);
                return self.alert_of(endpoint, event, is_under_way).await;
            }
            EndpointKind::Webhook => {
                let room = self.planned(event).await?;
                let Some((kind, data)) = webhook_body::of(&event.event, room.as_ref()) else {
                    return Ok(None);
                };
                if !wants(&webhook_settings(endpoint).events, kind) {
                    return Ok(None);
                }
                (kind, webhook_body::body(&id, kind, event, data))
            }
        };
        Ok(Some(NewDelivery {
            id,
            lane: event.room_id.0,
            place: event.offset,
            kind: kind.into(),
            body,
            due_at: None,
        }))
    }

    /// The room of an event that says how it is planned.
    async fn planned(&self, event: &StoredEvent) -> Result<Option<Room>> {
        match event.event {
            RoomEvent::Created | RoomEvent::Edited => {
                Ok(self.store().room(&event.app_id, event.room_id).await?)
            }
            _ => Ok(None),
        }
    }

    /// Makes one call and notes what became of it. Where even that fails, the delivery is still
    /// due, and is tried again under the same id.
    async fn try_delivery(&self, endpoint: &Endpoint, delivery: Delivery) {
        let now = self.now();
        let tried = match self.call(endpoint, &delivery).await {
            Ok(()) => Tried::Arrived,
            Err(error) => {
                let first = delivery.first_tried_at.unwrap_or(now);
                let chance = u32::from_be_bytes(secret::random());
                let next = next_try(delivery.tries + 1, first, self.now(), chance);
                // Nobody wants to hear of trouble that is long over.
                let in_time = |at: &i64| {
                    endpoint.kind != EndpointKind::Bot || at - first < alert::PATIENCE_MS
                };
                Tried::Failed {
                    error: error.to_string(),
                    next: next.filter(in_time),
                    patience_ms: PATIENCE_MS,
                }
            }
        };
        let noted = self
            .store()
            .note_try(&delivery.id, endpoint.id, &tried, self.now());
        match noted.await {
            Ok(false) => {}
            Ok(true) => {
                tracing::warn!(
                    app = %endpoint.app_id,
                    endpoint = endpoint.id,
                    "nothing arrived at this endpoint for three days; it is disabled"
                );
                if let Err(error) = self.alert_disabled(endpoint).await {
                    tracing::error!(%error, "nobody is told that an endpoint is disabled");
                }
            }
            Err(error) => {
                tracing::error!(%error, "cannot note what became of a delivery");
                // Not at once: the database needs a moment too.
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }

    async fn call(
        &self,
        endpoint: &Endpoint,
        delivery: &Delivery,
    ) -> std::result::Result<(), CallError> {
        let at = self.now();
        match endpoint.kind {
            EndpointKind::Webhook => {
                let call = WebhookCall {
                    url: endpoint.url.clone(),
                    secret: endpoint.secret.clone(),
                    id: delivery.id.clone(),
                    kind: delivery.kind.clone(),
                    body: delivery.body.clone(),
                    at,
                };
                self.outbound().webhook(call).await
            }
            EndpointKind::Message => {
                let call = MessageCall {
                    to: message_settings(endpoint).map_err(|_| CallError::Broken)?,
                    appid: endpoint.app_id.to_string(),
                    event: serde_json::from_str(&delivery.body).map_err(|_| CallError::Broken)?,
                    at,
                };
                self.outbound().message(call).await
            }
            EndpointKind::Verifier => self.tell_verifier(endpoint, delivery).await,
            EndpointKind::Bot => self.tell_bot(endpoint, delivery).await,
            // A reviewer is asked at once, and has no deliveries.
            EndpointKind::Reviewer => Err(CallError::Url),
        }
    }
}

impl Courier {
    fn under_way_to(&self, endpoint: i64) -> usize {
        let to = self.under_way.values().filter(|to| **to == endpoint);
        to.count()
    }

    fn is_under_way(&self, id: &str) -> bool {
        self.under_way.contains_key(id)
    }

    fn forget(&mut self, done: std::result::Result<(String, i64), tokio::task::JoinError>) {
        match done {
            Ok((id, _)) => {
                self.under_way.remove(&id);
            }
            Err(error) => {
                // Which one it was is not known: those whose call is gone are due again.
                tracing::error!(%error, "a call ended early");
                if self.calls.is_empty() {
                    self.under_way.clear();
                }
            }
        }
    }
}

/// An event as it is, to be put into WeChat's words when it is sent.
fn as_json(event: &StoredEvent) -> String {
    serde_json::to_string(event).expect("plain structures with text keys have a JSON form")
}

/// Whether WeChat has an event for it.
fn is_wechats(event: &RoomEvent) -> bool {
    matches!(
        event,
        RoomEvent::Subscribed {
            of: SubscriptionKind::Follow,
            ..
        } | RoomEvent::Unsubscribed {
            of: SubscriptionKind::Follow,
            ..
        } | RoomEvent::PushDone { .. }
    )
}
