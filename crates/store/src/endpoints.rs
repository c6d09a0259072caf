//! Where an app's events go.

use std::fmt;

use kaibo_domain::UnixMs;
use kaibo_domain::id::AppId;

use crate::db::{Row, args};
use crate::rooms::number;
use crate::subscriptions::count;
use crate::{Store, StoreError, events};

/// What kind of endpoint it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointKind {
    /// WeChat's events; an app has one at most.
    Message,
    /// Our own.
    Webhook,
    /// Decides about goods; an app has one at most.
    Reviewer,
    /// Decides about anchors; an app has one at most.
    Verifier,
    /// Tells a group of people of trouble.
    Bot,
}

impl EndpointKind {
    fn text(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Webhook => "webhook",
            Self::Reviewer => "reviewer",
            Self::Verifier => "verifier",
            Self::Bot => "bot",
        }
    }
}

/// An endpoint. Holds a secret, which it does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its number in the installation.
    pub id: i64,
    /// Whose.
    pub app_id: AppId,
    /// What kind.
    pub kind: EndpointKind,
    /// Where.
    pub url: String,
    /// What calls are signed with, and more, as its kind has it.
    pub secret: String,
    /// JSON, as its kind has it.
    pub settings: String,
    /// When it was made.
    pub made_at: UnixMs,
    /// Up to which event there are deliveries for it.
    pub seen: i64,
    /// Nothing arrived since then.
    pub failing_since: Option<UnixMs>,
    /// Given up, until somebody enables it.
    pub disabled_at: Option<UnixMs>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("id", &self.id)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// An endpoint to be made, or how one is to be.
#[derive(Clone)]
pub struct NewEndpoint {
    /// Whose.
    pub app_id: AppId,
    /// What kind.
    pub kind: EndpointKind,
    /// Where.
    pub url: String,
    /// What calls are signed with, and more.
    pub secret: String,
    /// JSON.
    pub settings: String,
}

macro_rules! endpoint_columns {
    () => {
        "id, app_id, kind, url, secret, settings, made_at, seen, failing_since, disabled_at"
    };
}

impl Store {
    /// Makes an endpoint, which is told what happens from now on; `None`: the app has `most` of its
    /// kind.
    pub async fn create_endpoint(
        &self,
        new: &NewEndpoint,
        most: usize,
        now: UnixMs,
    ) -> Result<Option<i64>, StoreError> {
        let (store, new, most) = (self.clone(), new.clone(), most as i64);
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let kind = new.kind.text();
                    let there =
                        "SELECT COUNT(*) AS n FROM endpoint WHERE app_id = $1 AND kind = $2";
                    let there = number(tx.row(there, args![&new.app_id, kind]).await?)?;
                    if there >= most {
                        return Ok(None);
                    }
                    let id = count(tx, "endpoint").await?;
                    let seen = match new.kind {
                        // Its cursor is in what people submitted: all that is open is for it.
                        EndpointKind::Verifier => 0,
                        _ => number(tx.row(events::LAST, args![]).await?)?,
                    };
                    let secret = store.keys().seal(&context(id), new.secret.as_bytes());
                    let sql = "INSERT INTO endpoint \
                         (id, app_id, kind, url, secret, settings, made_at, seen) \
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
                    let settings = new.settings;
                    let args = args![id, &new.app_id, kind, new.url, secret, settings, now, seen];
                    tx.execute(sql, args).await?;
                    Ok(Some(id))
                })
            })
            .await
    }

    /// Changes an endpoint; what it waits for goes where it points now. `false`: no such endpoint.
    pub async fn change_endpoint(&self, id: i64, to: &NewEndpoint) -> Result<bool, StoreError> {
        let secret = self.keys().seal(&context(id), to.secret.as_bytes());
        let sql = "UPDATE endpoint SET url = $4, secret = $5, settings = $6 \
             WHERE id = $1 AND app_id = $2 AND kind = $3";
        let to = to.clone();
        let args = args![id, &to.app_id, to.kind.text(), to.url, secret, to.settings];
        Ok(self.writer().execute(sql, args).await? == 1)
    }

    /// Enables an endpoint that was given up: what it waits for is tried at once. `false`: no such
    /// endpoint.
    pub async fn enable_endpoint(
        &self,
        app_id: &AppId,
        id: i64,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let app_id = app_id.clone();
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "UPDATE endpoint SET failing_since = NULL, disabled_at = NULL \
                         WHERE id = $1 AND app_id = $2";
                    if tx.execute(sql, args![id, &app_id]).await? == 0 {
                        return Ok(false);
                    }
                    let sql = "UPDATE delivery \
                         SET due_at = $2, tries = 0, first_tried_at = NULL \
                         WHERE endpoint_id = $1 AND due_at IS NOT NULL";
                    tx.execute(sql, args![id, now]).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// Forgets an endpoint and all that it was, or was to be, told; `false`: no such endpoint.
    pub async fn drop_endpoint(&self, app_id: &AppId, id: i64) -> Result<bool, StoreError> {
        let app_id = app_id.clone();
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "DELETE FROM delivery WHERE endpoint_id = $1 AND app_id = $2";
                    tx.execute(sql, args![id, &app_id]).await?;
                    let sql = "DELETE FROM endpoint WHERE id = $1 AND app_id = $2";
                    Ok(tx.execute(sql, args![id, &app_id]).await? == 1)
                })
            })
            .await
    }

    /// An endpoint of an app.
    pub async fn endpoint(&self, app_id: &AppId, id: i64) -> Result<Option<Endpoint>, StoreError> {
        let sql = concat!(
            "SELECT ",
            endpoint_columns!(),
            " FROM endpoint WHERE id = $1 AND app_id = $2"
        );
        let row = self.readers().row(sql, args![id, app_id]).await?;
        row.map(|row| self.endpoint_of(&row)).transpose()
    }

    /// An app's endpoints, the oldest first.
    pub async fn endpoints(&self, app_id: &AppId) -> Result<Vec<Endpoint>, StoreError> {
        let sql = concat!(
            "SELECT ",
            endpoint_columns!(),
            " FROM endpoint WHERE app_id = $1 ORDER BY id"
        );
        let rows = self.readers().rows(sql, args![app_id]).await?;
        rows.iter().map(|row| self.endpoint_of(row)).collect()
    }

    /// Every endpoint that is not given up.
    pub async fn enabled_endpoints(&self) -> Result<Vec<Endpoint>, StoreError> {
        let sql = concat!(
            "SELECT ",
            endpoint_columns!(),
            " FROM endpoint WHERE disabled_at IS NULL ORDER BY id"
        );
        let rows = self.readers().rows(sql, args![]).await?;
        rows.iter().map(|row| self.endpoint_of(row)).collect()
    }

    fn endpoint_of(&self, row: &Row) -> Result<Endpoint, StoreError> {
        let id = row.get("id")?;
        let what = context(id);
        let secret = self.keys().open(&what, &row.get::<Vec<u8>>("secret")?);
        let secret = secret.map_err(|source| StoreError::Sealed { what, source })?;
        let kind = match row.get::<String>("kind")?.as_str() {
            "message" => EndpointKind::Message,
            "webhook" => EndpointKind::Webhook,
            "reviewer" => EndpointKind::Reviewer,
            "verifier" => EndpointKind::Verifier,
            "bot" => EndpointKind::Bot,
            _ => return Err(unreadable("kind", "no kind of endpoint")),
        };
        Ok(Endpoint {
            id,
            app_id: row.app_id()?,
            kind,
            url: row.get("url")?,
            secret: String::from_utf8(secret).map_err(|_| unreadable("secret", "not a text"))?,
            settings: row.get("settings")?,
            made_at: row.get("made_at")?,
            seen: row.get("seen")?,
            failing_since: row.get("failing_since")?,
            disabled_at: row.get("disabled_at")?,
        })
    }
}

fn context(id: i64) -> String {
    format!("endpoint/{id}/secret")
}

fn unreadable(column: &'static str, detail: &str) -> StoreError {
    StoreError::Unreadable {
        column,
        detail: detail.into(),
    }
}
