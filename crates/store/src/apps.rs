//! Apps: the merchants' mini programs.

use std::fmt;

use kaibo_domain::UnixMs;
use kaibo_domain::id::AppId;

use crate::db::{Row, args};
use crate::{Store, StoreError};

/// An app.
#[derive(Clone, PartialEq, Eq)]
pub struct App {
    /// Its id.
    pub app_id: AppId,
    /// What people call it.
    pub name: String,
    /// What is kept of its secret.
    pub secret_hash: Vec<u8>,
    /// When it was made.
    pub created_at: UnixMs,
    /// How long a tag of its streams may wait for others; `None`: as the server's settings say.
    pub latency_budget_ms: Option<i64>,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("app_id", &self.app_id)
            .field("name", &self.name)
            .field("created_at", &self.created_at)
            .field("latency_budget_ms", &self.latency_budget_ms)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Adds an app; `false` where its id exists, and nothing changes.
    pub async fn create_app(&self, app: &App) -> Result<bool, StoreError> {
        let app = app.clone();
        let sql = "INSERT INTO app (app_id, name, secret_hash, created_at, latency_budget_ms) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (app_id) DO NOTHING";
        let args = args![
            &app.app_id,
            app.name,
            app.secret_hash,
            app.created_at,
            app.latency_budget_ms,
        ];
        Ok(self.writer().of(&app.app_id).execute(sql, args).await? == 1)
    }

    /// Sets how long a tag of the app's streams may wait for others; `false`: no such app.
    pub async fn set_latency_budget(
        &self,
        app_id: &AppId,
        budget_ms: Option<i64>,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE app SET latency_budget_ms = $1 WHERE app_id = $2";
        let set = self.writer().execute(sql, args![budget_ms, app_id]).await?;
        Ok(set == 1)
    }

    /// The app of an id.
    pub async fn app(&self, app_id: &AppId) -> Result<Option<App>, StoreError> {
        let sql = "SELECT app_id, name, secret_hash, created_at, latency_budget_ms FROM app \
             WHERE app_id = $1";
        let row = self.readers().row(sql, args![app_id]).await?;
        row.as_ref().map(app_of).transpose()
    }

    /// Every app, oldest first.
    pub async fn apps(&self) -> Result<Vec<App>, StoreError> {
        let sql = "SELECT app_id, name, secret_hash, created_at, latency_budget_ms FROM app \
             ORDER BY created_at, app_id";
        let rows = self.readers().rows(sql, args![]).await?;
        rows.iter().map(app_of).collect()
    }
}

fn app_of(row: &Row) -> Result<App, StoreError> {
    Ok(App {
        app_id: row.app_id()?,
        name: row.get("name")?,
        secret_hash: row.get("secret_hash")?,
        created_at: row.get("created_at")?,
        latency_budget_ms: row.get("latency_budget_ms")?,
    })
}
