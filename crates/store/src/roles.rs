//! The roles of people in an app, within how many may hold each.

use kaibo_domain::UnixMs;
use kaibo_domain::id::AppId;
use kaibo_domain::role::Role;

use crate::db::{Conn, args};
use crate::rooms::number;
use crate::{Store, StoreError, people};

/// What became of giving a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// The person holds it now.
    Done,
    /// They held it before. Nothing was written.
    Held,
    /// As many hold it as may. Nothing was written.
    Full,
}

/// What became of taking a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The person holds it no more.
    Done,
    /// They did not hold it. Nothing was written.
    NotHeld,
    /// An anchor with a planned room keeps it. Nothing was written.
    RoomPlanned,
}

impl Store {
    /// Gives somebody a role, which makes them known.
    pub async fn give_role(
        &self,
        app_id: &AppId,
        wechat_id: &str,
        role: Role,
        now: UnixMs,
    ) -> Result<Given, StoreError> {
        let (app_id, wechat_id) = (app_id.clone(), wechat_id.to_owned());
        self.writer()
            .of(&app_id)
            .write(move |tx| {
                Box::pin(async move { give(tx, &app_id, &wechat_id, role, now).await })
            })
            .await
    }

    /// Takes a role from somebody. The role of an anchor stays while a room of theirs is planned.
    pub async fn take_role(
        &self,
        app_id: &AppId,
        wechat_id: &str,
        role: Role,
        now: UnixMs,
    ) -> Result<Taken, StoreError> {
        let (app_id, wechat_id) = (app_id.clone(), wechat_id.to_owned());
        self.writer()
            .of(&app_id)
            .write(move |tx| {
                Box::pin(async move {
                    if !holds(tx, &app_id, &wechat_id, role).await? {
                        return Ok(Taken::NotHeld);
                    }
                    let planned = "SELECT id FROM room WHERE app_id = $1 AND anchor_wechat = $2 \
                         AND status = 102 AND deleted_at IS NULL AND end_at > $3 LIMIT 1";
                    let args = args![&app_id, wechat_id.as_str(), now];
                    if role == Role::Anchor && tx.row(planned, args).await?.is_some() {
                        return Ok(Taken::RoomPlanned);
                    }
                    let sql = "DELETE FROM role WHERE app_id = $1 AND wechat_id = $2 AND role = $3";
                    let number = i64::from(role.number());
                    tx.execute(sql, args![&app_id, wechat_id.as_str(), number])
                        .await?;
                    note_change(tx, &app_id, &wechat_id, now).await?;
                    Ok(Taken::Done)
                })
            })
            .await
    }

    /// Whether somebody has a role.
    pub async fn has_role(
        &self,
        app_id: &AppId,
        wechat_id: &str,
        role: Role,
    ) -> Result<bool, StoreError> {
        let number = i64::from(role.number());
        let row = self.readers().row(HELD, args![app_id, wechat_id, number]);
        Ok(row.await?.is_some())
    }
}

const HELD: &str = "SELECT role FROM role WHERE app_id = $1 AND wechat_id = $2 AND role = $3";

async fn holds(
    tx: &mut Conn,
    app_id: &AppId,
    wechat_id: &str,
    role: Role,
) -> Result<bool, StoreError> {
    let args = args![app_id, wechat_id, i64::from(role.number())];
    Ok(tx.row(HELD, args).await?.is_some())
}

/// As [`Store::give_role`], within a transaction.
pub(crate) async fn give(
    tx: &mut Conn,
    app_id: &AppId,
    wechat_id: &str,
    role: Role,
    now: UnixMs,
) -> Result<Given, StoreError> {
    if holds(tx, app_id, wechat_id, role).await? {
        return Ok(Given::Held);
    }
    let count = "SELECT COUNT(*) AS n FROM role WHERE app_id = $1 AND role = $2";
    let held = tx
        .row(count, args![app_id, i64::from(role.number())])
        .await?;
    if number(held)? >= role.most() {
        return Ok(Given::Full);
    }
    people::know(tx, app_id, wechat_id, now).await?;
    let sql = "INSERT INTO role (app_id, wechat_id, role, given_at) VALUES ($1, $2, $3, $4)";
    let args = args![app_id, wechat_id, i64::from(role.number()), now];
    tx.execute(sql, args).await?;
    note_change(tx, app_id, wechat_id, now).await?;
    Ok(Given::Done)
}

async fn note_change(
    tx: &mut Conn,
    app_id: &AppId,
    wechat_id: &str,
    now: UnixMs,
) -> Result<(), StoreError> {
    let sql = "UPDATE person SET roles_at = $3 WHERE app_id = $1 AND wechat_id = $2";
    let args = args![app_id, wechat_id, now];
    tx.execute(sql, args).await.map(drop)
}
