//! Where an app's events go: its webhooks and its message URL.

use kaibo_domain::UnixMs;
use kaibo_domain::endpoint::{
    EndpointRefusal, MAX_WEBHOOKS, MessageSettings, check_events, check_url,
};
use kaibo_domain::id::AppId;
use kaibo_domain::refusal::Refusal;
use kaibo_store::{Delivery, Endpoint, EndpointKind, NewDelivery, NewEndpoint};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Error, Kaibo, Result, secret};

/// What a webhook is told of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WebhookSettings {
    /// Names of events; none: all of them.
    pub(crate) events: Vec<String>,
}

/// A webhook; its secret is shown when it is made or renewed, and not again.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Its number.
    pub id: i64,
    /// Where.
    pub url: String,
    /// Names of events; none: all of them.
    pub events: Vec<String>,
    /// When it was made.
    pub made_at: UnixMs,
    /// Nothing arrived since then.
    pub failing_since: Option<UnixMs>,
    /// Given up, until somebody enables it.
    pub disabled_at: Option<UnixMs>,
}

/// A message URL.
#[derive(Clone, Debug)]
pub struct MessageUrl {
    /// Its number among the endpoints.
    pub id: i64,
    /// Where and how; token and key are for nobody's eyes.
    pub settings: MessageSettings,
    /// Nothing arrived since then.
    pub failing_since: Option<UnixMs>,
    /// Given up, until somebody enables it.
    pub disabled_at: Option<UnixMs>,
}

impl Kaibo {
    /// Makes a webhook, which is told what happens from now on; it and its secret.
    pub async fn create_webhook(
        &self,
        app_id: &AppId,
        url: &str,
        events: Vec<String>,
    ) -> Result<(Webhook, String)> {
        let secret = format!("whsec_{}", secret::random_text(32));
        let new = webhook_of(app_id, url, events, secret.clone())?;
        let made = self
            .store()
            .create_endpoint(&new, MAX_WEBHOOKS, self.now())
            .await?;
        let id = made.ok_or(Refusal::from(EndpointRefusal::TooMany))?;
        Ok((self.webhook(app_id, id).await?, secret))
    }

    /// Changes where a webhook is and what it is told of.
    pub async fn change_webhook(
        &self,
        app_id: &AppId,
        id: i64,
        url: &str,
        events: Vec<String>,
    ) -> Result<Webhook> {
        let before = self.endpoint_of(app_id, id, EndpointKind::Webhook).await?;
        let to = webhook_of(app_id, url, events, before.secret)?;
        self.store().change_endpoint(id, &to).await?;
        self.webhook(app_id, id).await
    }

    /// Gives a webhook another secret, with which it is signed from the next call on.
    pub async fn renew_webhook_secret(&self, app_id: &AppId, id: i64) -> Result<String> {
        let webhook = self.webhook(app_id, id).await?;
        let secret = format!("whsec_{}", secret::random_text(32));
        let to = webhook_of(app_id, &webhook.url, webhook.events, secret.clone())?;
        self.store().change_endpoint(id, &to).await?;
        Ok(secret)
    }

    /// A webhook.
    pub async fn webhook(&self, app_id: &AppId, id: i64) -> Result<Webhook> {
        let found = self.endpoint_of(app_id, id, EndpointKind::Webhook).await?;
        Ok(webhook(found))
    }

    /// An app's webhooks, the oldest first.
    pub async fn webhooks(&self, app_id: &AppId) -> Result<Vec<Webhook>> {
        let all = self.store().endpoints(app_id).await?.into_iter();
        let webhooks = all.filter(|endpoint| endpoint.kind == EndpointKind::Webhook);
        Ok(webhooks.map(webhook).collect())
    }

    /// Sends a webhook a test, which is delivered as every event is; its delivery's id.
    pub async fn test_webhook(&self, app_id: &AppId, id: i64) -> Result<String> {
        self.webhook(app_id, id).await?;
        let now = self.now();
        let delivery_id = secret::random_hex::<16>();
        let body = json!({
            "id": delivery_id, "type": "test", "appid": app_id.as_str(), "roomId": null,
            "at": now, "data": {},
        });
        let test = NewDelivery {
            id: delivery_id.clone(),
            lane: 0,
            place: 0,
            kind: "test".into(),
            body: body.to_string(),
            due_at: None,
        };
        if self.store().add_delivery(id, app_id, &test, now).await? {
            Ok(delivery_id)
        } else {
            Err(unknown())
        }
    }

    /// Sets an app's message URL once it has shown that it knows its token.
    pub async fn set_message_url(
        &self,
        app_id: &AppId,
        settings: MessageSettings,
    ) -> Result<MessageUrl> {
        settings.check().map_err(Refusal::from)?;
        let asked = self
            .outbound()
            .check_message_url(settings.clone(), self.now());
        if let Err(error) = asked.await {
            return Err(Refusal::from(EndpointRefusal::Check(error.to_string())).into());
        }
        let new = NewEndpoint {
            app_id: app_id.clone(),
            kind: EndpointKind::Message,
            url: settings.url.clone(),
            secret: serde_json::to_string(&settings).expect("plain settings have a JSON form"),
            settings: "{}".into(),
        };
        match self.message_endpoint(app_id).await? {
            Some(there) => {
                self.store().change_endpoint(there.id, &new).await?;
                // It has just answered.
                self.store()
                    .enable_endpoint(app_id, there.id, self.now())
                    .await?;
            }
            None => {
                self.store().create_endpoint(&new, 1, self.now()).await?;
            }
        }
        self.message_url(app_id).await?.ok_or_else(unknown)
    }

    /// An app's message URL.
    pub async fn message_url(&self, app_id: &AppId) -> Result<Option<MessageUrl>> {
        let endpoint = self.message_endpoint(app_id).await?;
        endpoint
            .map(|endpoint| {
                Ok(MessageUrl {
                    id: endpoint.id,
                    settings: message_settings(&endpoint)?,
                    failing_since: endpoint.failing_since,
                    disabled_at: endpoint.disabled_at,
                })
            })
            .transpose()
    }

    /// Forgets an endpoint and all that it was told.
    pub async fn drop_endpoint(&self, app_id: &AppId, id: i64) -> Result<()> {
        if self.store().drop_endpoint(app_id, id).await? {
            Ok(())
        } else {
            Err(unknown())
        }
    }

    /// Enables an endpoint that was given up: what waits for it is tried at once.
    pub async fn enable_endpoint(&self, app_id: &AppId, id: i64) -> Result<()> {
        if self.store().enable_endpoint(app_id, id, self.now()).await? {
            Ok(())
        } else {
            Err(unknown())
        }
    }

    /// What an endpoint was told, or is to be, the latest first.
    pub async fn deliveries(
        &self,
        app_id: &AppId,
        id: i64,
        offset: i64,
        limit: i64,
    ) -> Result<Vec<Delivery>> {
        if self.store().endpoint(app_id, id).await?.is_none() {
            return Err(unknown());
        }
        Ok(self.store().deliveries(app_id, id, offset, limit).await?)
    }

    /// Sends a delivery once more under the same id; one that is still tried is left alone.
    pub async fn redeliver(&self, app_id: &AppId, id: i64, delivery: &str) -> Result<()> {
        let found = self.store().delivery(app_id, id, delivery).await?;
        if found.is_none() {
            return Err(Refusal::from(EndpointRefusal::DeliveryUnknown).into());
        }
        let now = self.now();
        self.store().redeliver(app_id, id, delivery, now).await?;
        Ok(())
    }

    /// Whether anything would bring a reminder to an app's people: a webhook that asks for them.
    pub(crate) async fn brings_reminders(&self, app_id: &AppId) -> Result<bool> {
        let webhooks = self.webhooks(app_id).await?;
        let brings = |webhook: &Webhook| {
            webhook.disabled_at.is_none() && wants(&webhook.events, "reminder.due")
        };
        Ok(webhooks.iter().any(brings))
    }

    async fn message_endpoint(&self, app_id: &AppId) -> Result<Option<Endpoint>> {
        let all = self.store().endpoints(app_id).await?.into_iter();
        let mut messages = all.filter(|endpoint| endpoint.kind == EndpointKind::Message);
        Ok(messages.next())
    }

    async fn endpoint_of(&self, app_id: &AppId, id: i64, kind: EndpointKind) -> Result<Endpoint> {
        let found = self.store().endpoint(app_id, id).await?;
        let found = found.filter(|endpoint| endpoint.kind == kind);
        found.ok_or_else(unknown)
    }
}

/// Whether a webhook with this filter is told of `event`.
pub(crate) fn wants(events: &[String], event: &str) -> bool {
    events.is_empty() || events.iter().any(|wanted| wanted == event)
}

/// What is kept of a message URL.
pub(crate) fn message_settings(endpoint: &Endpoint) -> Result<MessageSettings> {
    serde_json::from_str(&endpoint.secret).map_err(|_| Error::Sealed)
}

/// What is kept of a webhook's filter.
pub(crate) fn webhook_settings(endpoint: &Endpoint) -> WebhookSettings {
    // A filter of another version: told of everything rather than of nothing.
    serde_json::from_str(&endpoint.settings).unwrap_or_default()
}

fn webhook(endpoint: Endpoint) -> Webhook {
    Webhook {
        events: webhook_settings(&endpoint).events,
        id: endpoint.id,
        url: endpoint.url,
        made_at: endpoint.made_at,
        failing_since: endpoint.failing_since,
        disabled_at: endpoint.disabled_at,
    }
}

fn webhook_of(
    app_id: &AppId,
    url: &str,
    events: Vec<String>,
    secret: String,
) -> Result<NewEndpoint> {
    let url = url.trim().to_owned();
    check_url(&url).map_err(Refusal::from)?;
    check_events(&events).map_err(Refusal::from)?;
    let settings = WebhookSettings { events };
    Ok(NewEndpoint {
        app_id: app_id.clone(),
        kind: EndpointKind::Webhook,
        url,
        secret,
        settings: serde_json::to_string(&settings).expect("plain settings have a JSON form"),
    })
}

fn unknown() -> Error {
    Refusal::from(EndpointRefusal::Unknown).into()
}
