//! Bots that tell a group of people of trouble in their chat. What they are told goes the way of
//! every delivery; of one kind and room it is one message in five minutes, which counts what came
//! meanwhile ([why]).
//!
//! [why]: ../../../docs/why/webhooks.md

use jiff::Timestamp;
use kaibo_domain::UnixMs;
use kaibo_domain::alert::{Alert, BotBrand, MAX_BOTS, Trouble, tell_at};
use kaibo_domain::endpoint::{EndpointRefusal, check_url};
use kaibo_domain::event::StoredEvent;
use kaibo_domain::id::{AppId, RoomId};
use kaibo_domain::refusal::Refusal;
use kaibo_store::{Delivery, Endpoint, EndpointKind, NewDelivery, NewEndpoint};
use serde::{Deserialize, Serialize};

use crate::ports::{BotCall, CallError};
use crate::{Error, Kaibo, Result, secret};

/// Longest secret that a bot signs with.
const MAX_SECRET: usize = 200;
/// Most events that one message counts.
const MOST_COUNTED: i64 = 256;

/// A bot; its address, which holds a key, is not shown again.
#[derive(Clone, Debug)]
pub struct Bot {
    /// Its number among the endpoints.
    pub id: i64,
    /// Whose.
    pub brand: BotBrand,
    /// Of its address the host alone.
    pub host: String,
    /// When it was made.
    pub made_at: UnixMs,
    /// Nothing arrived since then.
    pub failing_since: Option<UnixMs>,
    /// Given up, until somebody enables it.
    pub disabled_at: Option<UnixMs>,
}

/// What is sealed of a bot.
#[derive(Serialize, Deserialize)]
struct Sealed {
    brand: BotBrand,
    url: String,
    secret: Option<String>,
}

/// What a delivery to a bot says; the words are found when it is sent.
#[derive(Serialize, Deserialize)]
struct Told {
    alert: Alert,
    /// The room, or the endpoint.
    about: i64,
    /// What an endpoint is called.
    #[serde(default)]
    name: String,
    at: UnixMs,
    /// From this event on those of the same kind are counted.
    offset: i64,
}

impl Kaibo {
    /// An app's bots, the oldest first.
    pub async fn bots(&self, app_id: &AppId) -> Result<Vec<Bot>> {
        let all = self.store().endpoints(app_id).await?;
        let bots = all.iter().filter(|it| it.kind == EndpointKind::Bot);
        bots.map(bot).collect()
    }

    /// Makes a bot, which is told of what happens from now on.
    pub async fn create_bot(
        &self,
        app_id: &AppId,
        brand: BotBrand,
        url: &str,
        secret: Option<&str>,
    ) -> Result<Bot> {
        let url = url.trim();
        check_url(url).map_err(Refusal::from)?;
        let secret = secret.map(str::trim).filter(|secret| !secret.is_empty());
        if secret.is_some_and(|secret| secret.len() > MAX_SECRET) {
            return Err(Refusal::from(EndpointRefusal::Token).into());
        }
        let sealed = Sealed {
            brand,
            url: url.to_owned(),
            secret: secret.map(str::to_owned),
        };
        let new = NewEndpoint {
            app_id: app_id.clone(),
            kind: EndpointKind::Bot,
            url: host_of(url).to_owned(),
            secret: serde_json::to_string(&sealed).expect("plain settings have a JSON form"),
            settings: "{}".into(),
        };
        let made = self.store().create_endpoint(&new, MAX_BOTS, self.now());
        let id = made.await?.ok_or(Refusal::from(EndpointRefusal::TooMany))?;
        bot(&self.bot_endpoint(app_id, id).await?)
    }

    /// Forgets a bot, and what it was to be told.
    pub async fn drop_bot(&self, app_id: &AppId, id: i64) -> Result<()> {
        self.bot_endpoint(app_id, id).await?;
        self.drop_endpoint(app_id, id).await
    }

    /// Sends a bot a test at once; what went wrong, if it did not arrive.
    pub async fn test_bot(
        &self,
        app_id: &AppId,
        id: i64,
    ) -> Result<std::result::Result<(), String>> {
        let endpoint = self.bot_endpoint(app_id, id).await?;
        let told = Told {
            alert: Alert::Test,
            about: id,
            name: endpoint.url.clone(),
            at: self.now(),
            offset: 0,
        };
        let sent = self.say(&endpoint, &told).await?;
        if sent.is_ok() {
            self.store().enable_endpoint(app_id, id, self.now()).await?;
        }
        Ok(sent.map_err(|error| error.to_string()))
    }

    /// What a bot is to be told of an event. `last` is the latest delivery of the same lane, and
    /// whether it is being sent.
    pub(crate) async fn alert_of(
        &self,
        endpoint: &Endpoint,
        event: &StoredEvent,
        is_under_way: impl Fn(&str) -> bool,
    ) -> Result<Option<NewDelivery>> {
        let Some(alert) = Alert::of(&event.event) else {
            return Ok(None);
        };
        let now = self.now();
        let lane = alert.lane(event.room_id.0);
        let last = self.store().last_of_lane(endpoint.id, lane).await?;
        let told_at = match &last {
            // It will count this one too.
            Some(last) if last.due_at.is_some() && !is_under_way(&last.id) => return Ok(None),
            Some(last) if last.due_at.is_some() => Some(now),
            Some(last) if last.done => last.tried_at,
            _ => None,
        };
        let Some(due_at) = tell_at(event.at, told_at, now) else {
            return Ok(None);
        };
        let told = Told {
            alert,
            about: event.room_id.0,
            name: String::new(),
            at: event.at,
            offset: event.offset,
        };
        Ok(Some(NewDelivery {
            id: secret::random_hex::<16>(),
            lane,
            place: event.offset,
            kind: alert.name().into(),
            body: serde_json::to_string(&told).expect("plain data is JSON"),
            due_at: Some(due_at),
        }))
    }

    /// Sends a bot what a delivery says.
    pub(crate) async fn tell_bot(
        &self,
        endpoint: &Endpoint,
        delivery: &Delivery,
    ) -> std::result::Result<(), CallError> {
        let told: Told = serde_json::from_str(&delivery.body).map_err(|_| CallError::Broken)?;
        self.say(endpoint, &told)
            .await
            .unwrap_or(Err(CallError::Broken))
    }

    /// Tells an app's bots that one of its endpoints was given up.
    pub(crate) async fn alert_disabled(&self, disabled: &Endpoint) -> Result<()> {
        let now = self.now();
        let told = Told {
            alert: Alert::EndpointDisabled,
            about: disabled.id,
            name: host_of(&disabled.url).to_owned(),
            at: now,
            offset: 0,
        };
        for endpoint in self.store().endpoints(&disabled.app_id).await? {
            if endpoint.kind != EndpointKind::Bot || endpoint.disabled_at.is_some() {
                continue;
            }
            let new = NewDelivery {
                id: secret::random_hex::<16>(),
                lane: told.alert.lane(disabled.id),
                place: now,
                kind: told.alert.name().into(),
                body: serde_json::to_string(&told).expect("plain data is JSON"),
                due_at: None,
            };
            let app_id = &endpoint.app_id;
            self.store()
                .add_delivery(endpoint.id, app_id, &new, now)
                .await?;
        }
        Ok(())
    }

    async fn say(
        &self,
        endpoint: &Endpoint,
        told: &Told,
    ) -> Result<std::result::Result<(), CallError>> {
        let app_id = &endpoint.app_id;
        let sealed: Sealed = serde_json::from_str(&endpoint.secret).map_err(|_| Error::Sealed)?;
        let is_room = !matches!(told.alert, Alert::EndpointDisabled | Alert::Test);
        let (mut times, mut at, mut about) = (1, told.at, told.name.clone());
        let mut link = format!("{}/console/apps/{app_id}", self.settings().public_http);
        if is_room {
            let room_id = RoomId(told.about);
            let since = told.offset - 1;
            let events = self.store().app_events_after(app_id, since, MOST_COUNTED);
            let same = |event: &&StoredEvent| {
                event.room_id == room_id && Alert::of(&event.event) == Some(told.alert)
            };
            let events = events.await?;
            times = events.iter().filter(same).count();
            at = events.iter().rfind(same).map_or(at, |event| event.at);
            let room = self.store().room(app_id, room_id).await?;
            let name = room.map(|room| room.draft.name).unwrap_or_default();
            about = format!("{name}（{room_id}）");
            link = format!("{link}/rooms/{room_id}");
        }
        let rules = self.room_rules(app_id).await?;
        let trouble = Trouble {
            alert: told.alert,
            about: &about,
            when: &self.clock_text(at),
            times,
            link: &link,
            grace_min: rules.grace_ms / kaibo_domain::MINUTE_MS,
        };
        let call = BotCall {
            brand: sealed.brand,
            url: sealed.url,
            secret: sealed.secret,
            text: trouble.text(),
            at: self.now(),
        };
        Ok(self.outbound().bot(call).await)
    }

    /// A moment as people of the server's time zone write it.
    fn clock_text(&self, at: UnixMs) -> String {
        let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
        let zoned = at.to_zoned(self.settings().zone.clone());
        zoned.strftime("%m-%d %H:%M").to_string()
    }

    async fn bot_endpoint(&self, app_id: &AppId, id: i64) -> Result<Endpoint> {
        let found = self.store().endpoint(app_id, id).await?;
        let found = found.filter(|endpoint| endpoint.kind == EndpointKind::Bot);
        found.ok_or_else(|| Refusal::from(EndpointRefusal::Unknown).into())
    }
}

fn bot(endpoint: &Endpoint) -> Result<Bot> {
    let sealed: Sealed = serde_json::from_str(&endpoint.secret).map_err(|_| Error::Sealed)?;
    Ok(Bot {
        id: endpoint.id,
        brand: sealed.brand,
        host: endpoint.url.clone(),
        made_at: endpoint.made_at,
        failing_since: endpoint.failing_since,
        disabled_at: endpoint.disabled_at,
    })
}

/// The host of an address: what stands behind it may be a key.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}
