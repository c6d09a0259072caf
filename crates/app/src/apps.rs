//! Apps: the merchants' mini programs, to which every row belongs.

use std::time::Duration;

use kaibo_domain::UnixMs;
use kaibo_domain::id::{AppId, parse_stream_name};
use kaibo_domain::quota::Limits;
use kaibo_domain::refusal::Refusal;
use kaibo_store::App;

use crate::{Kaibo, Result, secret};

/// More would be felt as a live that lags behind its comments.
const MOST_LATENCY_BUDGET_MS: u32 = 2_000;

/// A new app; the secret is shown this once.
pub struct NewApp {
    /// Its id.
    pub app_id: AppId,
    /// Its secret, which buys access tokens.
    pub secret: String,
}

/// An app and how much of its quotas is used.
#[derive(Clone, Debug)]
pub struct AppSummary {
    /// Its id.
    pub app_id: AppId,
    /// Its name for people.
    pub name: String,
    /// When it was made.
    pub created_at: UnixMs,
    /// Rooms made today.
    pub rooms_today: i64,
    /// Rooms in 101, 105 or 106.
    pub live_now: i64,
    /// How many there may be of each.
    pub limits: Limits,
    /// How long a tag of its streams may wait for others, in milliseconds; `None`: as the server's
    /// settings say.
    pub latency_budget_ms: Option<i64>,
}

impl Kaibo {
    /// Makes an app. Without an id it gets `wx` and 16 random hex digits; without a secret, 32.
    pub async fn create_app(
        &self,
        app_id: Option<AppId>,
        secret: Option<String>,
        name: &str,
    ) -> Result<NewApp> {
        let app_id = app_id.unwrap_or_else(|| {
            format!("wx{}", secret::random_hex::<8>())
                .parse()
                .expect("hex digits make a good id")
        });
        let secret = secret.unwrap_or_else(secret::random_hex::<16>);
        let app = App {
            app_id: app_id.clone(),
            name: name.to_owned(),
            secret_hash: self.secret_hash(&app_id, &secret).to_vec(),
            created_at: self.now(),
            latency_budget_ms: None,
        };
        if self.store().create_app(&app).await? {
            Ok(NewApp { app_id, secret })
        } else {
            Err(Refusal::AppExists.into())
        }
    }

    /// Every app, with its use of quotas.
    pub async fn apps(&self) -> Result<Vec<AppSummary>> {
        let day = self.settings().day(self.now());
        let mut summaries = Vec::new();
        for app in self.store().apps().await? {
            summaries.push(AppSummary {
                rooms_today: self.store().rooms_made(&app.app_id, day).await?,
                live_now: self.store().on_air_count(&app.app_id).await?,
                limits: self.limits(&app.app_id).await?,
                app_id: app.app_id,
                name: app.name,
                created_at: app.created_at,
                latency_budget_ms: app.latency_budget_ms,
            });
        }
        Ok(summaries)
    }

    /// Sets how long a tag of the app's streams may wait for others, so that they go out together:
    /// 0 to 2 000 ms; `None`: as the server's settings say. Streams that run follow within seconds.
    pub async fn set_latency_budget(&self, app_id: &AppId, budget_ms: Option<u32>) -> Result<()> {
        if budget_ms.is_some_and(|ms| ms > MOST_LATENCY_BUDGET_MS) {
            return Err(Refusal::LatencyBudget(MOST_LATENCY_BUDGET_MS).into());
        }
        let budget_ms = budget_ms.map(i64::from);
        if self.store().set_latency_budget(app_id, budget_ms).await? {
            Ok(())
        } else {
            Err(Refusal::AppUnknown.into())
        }
    }

    /// What was set for the app of a stream.
    pub async fn latency_budget(&self, stream: &str) -> Result<Option<Duration>> {
        let Some((app_id, _)) = parse_stream_name(stream) else {
            return Ok(None);
        };
        let app = self.store().app(&app_id).await?;
        let budget_ms = app.and_then(|app| app.latency_budget_ms);
        Ok(budget_ms.map(|ms| Duration::from_millis(ms.unsigned_abs())))
    }

    /// An app's name; `None` for an unknown id.
    pub async fn app_name(&self, app_id: &AppId) -> Result<Option<String>> {
        Ok(self.store().app(app_id).await?.map(|app| app.name))
    }

    /// Keyed by the master key, so that a stolen database alone tells nothing even of a weak
    /// secret that a merchant chose.
    pub(crate) fn secret_hash(&self, app_id: &AppId, secret: &str) -> [u8; 32] {
        let key = self.store().keys().derive("app secret");
        secret::mac(
            &key,
            &[app_id.as_str().as_bytes(), b"\n", secret.as_bytes()],
        )
    }
}
