//! Anchors and their verification, and the roles of people in an app.

use std::fmt;

use kaibo_domain::UnixMs;
use kaibo_domain::anchor::Verification;
use kaibo_domain::id::AppId;
use kaibo_domain::role::Role;

use crate::db::{Conn, Row, args};
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
}

impl fmt::Debug for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Anchor")
            .field("app_id", &self.app_id)
            .field("wechat_id", &self.wechat_id)
            .field("state", &self.state)
            .field("verified_at", &self.verified_at)
            .finish_non_exhaustive()
    }
}

const ANCHOR: &str = "SELECT app_id, wechat_id, state, token, requested_at, verified_at \
     FROM anchor WHERE app_id = $1 AND wechat_id = $2";

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
        let sql = "SELECT app_id, wechat_id, state, token, requested_at, verified_at \
             FROM anchor WHERE app_id = $1 ORDER BY requested_at DESC, wechat_id";
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

    /// Makes somebody a verified anchor with [`Role::Anchor`]; `token` is for somebody not heard
    /// of before.
    pub async fn verify_anchor(
        &self,
        app_id: &AppId,
        wechat_id: &str,
        token: &str,
        now: UnixMs,
    ) -> Result<Anchor, StoreError> {
        let anchor = "INSERT INTO anchor \
             (app_id, wechat_id, state, token, requested_at, verified_at) \
             VALUES ($1, $2, 'verified', $3, $4, $4) ON CONFLICT (app_id, wechat_id) DO UPDATE \
             SET state = 'verified', verified_at = COALESCE(anchor.verified_at, $4)";
        let role = "INSERT INTO role (app_id, wechat_id, role, given_at) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (app_id, wechat_id, role) DO NOTHING";
        let (app_id, wechat_id) = (app_id.clone(), wechat_id.to_owned());
        let anchor_args = args![&app_id, wechat_id.as_str(), token, now];
        let role_args = args![
            &app_id,
            wechat_id.as_str(),
            i64::from(Role::Anchor.number()),
            now
        ];
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    tx.execute(anchor, anchor_args).await?;
                    tx.execute(role, role_args).await?;
                    written(tx, &app_id, &wechat_id).await
                })
            })
            .await
    }

    /// Whose verification page a token opens.
    pub async fn anchor_by_token(&self, token: &str) -> Result<Option<Anchor>, StoreError> {
        let sql = "SELECT app_id, wechat_id, state, token, requested_at, verified_at \
             FROM anchor WHERE token = $1";
        let row = self.readers().row(sql, args![token]).await?;
        row.as_ref().map(anchor_of).transpose()
    }

    /// Whether somebody has a role.
    pub async fn has_role(
        &self,
        app_id: &AppId,
        wechat_id: &str,
        role: Role,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT role FROM role WHERE app_id = $1 AND wechat_id = $2 AND role = $3";
        let args = args![app_id, wechat_id, i64::from(role.number())];
        Ok(self.readers().row(sql, args).await?.is_some())
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
    })
}
