//! Anchors and their verification.

use std::fmt;

use kaibo_domain::UnixMs;
use kaibo_domain::anchor::Verification;
use kaibo_domain::id::AppId;
use kaibo_domain::role::Role;

use crate::db::{Conn, Row, args};
use crate::roles::{self, Given};
use crate::{Store, StoreError};

/// Somebody who broadcasts, or asked to.
#[derive(Clone, PartialEq, Eq)]
pub struct Anchor {
    /// In which app.
    pub app_id: AppId,
    /// Who.
    pub wechat_id: String,
    /// Whether they are verified.
    pub state: Verification,
    /// Opens their verification page.
    pub token: String,
    /// When they were first heard of.
    pub requested_at: UnixMs,
    /// When they were verified.
    pub verified_at: Option<UnixMs>,
    /// When they are to show again who they are.
    pub due_at: Option<UnixMs>,
}

impl fmt::Debug for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Anchor")
            .field("app_id", &self.app_id)
            .field("wechat_id", &self.wechat_id)
            .field("state", &self.state)
            .field("verified_at", &self.verified_at)
            .field("due_at", &self.due_at)
            .finish_non_exhaustive()
    }
}

macro_rules! anchor_columns {
    () => {
        "app_id, wechat_id, state, token, requested_at, verified_at, due_at FROM anchor"
    };
}

const ANCHOR: &str = concat!(
    "SELECT ",
    anchor_columns!(),
    " WHERE app_id = $1 AND wechat_id = $2"
);

impl Store {
    /// An anchor of an app.
    pub async fn anchor(
        &self,
        app_id: &AppId,
        wechat_id: &str,
    ) -> Result<Option<Anchor>, StoreError> {
        let row = self.readers().row(ANCHOR, args![app_id, wechat_id]).await?;
        row.as_ref().map(anchor_of).transpose()
    }

    /// Every anchor of an app, latest first.
    pub async fn anchors(&self, app_id: &AppId) -> Result<Vec<Anchor>, StoreError> {
        let sql = concat!(
            "SELECT ",
            anchor_columns!(),
            " WHERE app_id = $1 ORDER BY requested_at DESC, wechat_id"
        );
        let rows = self.readers().rows(sql, args![app_id]).await?;
        rows.iter().map(anchor_of).collect()
    }

    /// Notes that somebody wants to broadcast. Somebody already known stays as they are, with
    /// their own token.
    pub async fn request_anchor(
        &self,
        app_id: &AppId,
        wechat_id: &str,
        token: &str,
        now: UnixMs,
    ) -> Result<Anchor, StoreError> {
        let sql = "INSERT INTO anchor (app_id, wechat_id, state, token, requested_at) \
             VALUES ($1, $2, 'pending', $3, $4) ON CONFLICT (app_id, wechat_id) DO NOTHING";
        let (app_id, wechat_id) = (app_id.clone(), wechat_id.to_owned());
        let args = args![&app_id, wechat_id.as_str(), token, now];
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    tx.execute(sql, args).await?;
                    written(tx, &app_id, &wechat_id).await
                })
            })
            .await
    }

    /// Makes somebody a verified anchor with [`Role::Anchor`] until `due_at`; `token` is for
    /// somebody not heard of before. `None`, and nothing changes: as many are anchors as may be.
    pub async fn verify_anchor(
        &self,
        app_id: &AppId,
        wechat_id: &str,
        token: &str,
        due_at: UnixMs,
        now: UnixMs,
    ) -> Result<Option<Anchor>, StoreError> {
        let (app_id, wechat_id) = (app_id.clone(), wechat_id.to_owned());
        let token = token.to_owned();
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    if roles::give(tx, &app_id, &wechat_id, Role::Anchor, now).await? == Given::Full
                    {
                        return Ok(None);
                    }
                    let sql = "INSERT INTO anchor \
                         (app_id, wechat_id, state, token, requested_at, verified_at, due_at) \
                         VALUES ($1, $2, 'verified', $3, $4, $4, $5) \
                         ON CONFLICT (app_id, wechat_id) DO UPDATE SET state = 'verified', \
                         verified_at = COALESCE(anchor.verified_at, $4), due_at = $5";
                    let args = args![&app_id, wechat_id.as_str(), token, now, due_at];
                    tx.execute(sql, args).await?;
                    written(tx, &app_id, &wechat_id).await.map(Some)
                })
            })
            .await
    }

    /// Whose verification page a token opens.
    pub async fn anchor_by_token(&self, token: &str) -> Result<Option<Anchor>, StoreError> {
        let sql = concat!("SELECT ", anchor_columns!(), " WHERE token = $1");
        let row = self.readers().row(sql, args![token]).await?;
        row.as_ref().map(anchor_of).transpose()
    }
}

/// The anchor that this transaction has just written.
async fn written(tx: &mut Conn, app_id: &AppId, wechat_id: &str) -> Result<Anchor, StoreError> {
    let row = tx.row(ANCHOR, args![app_id, wechat_id]).await?;
    anchor_of(&row.expect("the row was written in this transaction"))
}

fn anchor_of(row: &Row) -> Result<Anchor, StoreError> {
    let state = match row.get::<String>("state")?.as_str() {
        "pending" => Verification::Pending,
        "verified" => Verification::Verified,
        _ => {
            return Err(StoreError::Unreadable {
                column: "state",
                detail: "neither `pending` nor `verified`".into(),
            });
        }
    };
    Ok(Anchor {
        app_id: row.app_id()?,
        wechat_id: row.get("wechat_id")?,
        state,
        token: row.get("token")?,
        requested_at: row.get("requested_at")?,
        verified_at: row.get("verified_at")?,
        due_at: row.get("due_at")?,
    })
}
