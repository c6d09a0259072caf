//! Codes under which rooms are shared: one for each room and what it hands on.

use kaibo_domain::UnixMs;
use kaibo_domain::id::{AppId, RoomId};
use kaibo_domain::share_code::CustomParams;

use crate::db::{Row, args};
use crate::rooms::number;
use crate::{Store, StoreError};

/// A code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareCode {
    /// What stands for it in addresses and scenes; nobody can guess it.
    pub id: String,
    /// Whose room it leads to.
    pub app_id: AppId,
    /// Which room.
    pub room_id: RoomId,
    /// What it hands on.
    pub params: CustomParams,
    /// Name of the image with a mini program's code, where WeChat made one.
    pub picture: Option<String>,
}

impl Store {
    /// A room's code for these parameters.
    pub async fn share_code(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        params: &CustomParams,
    ) -> Result<Option<ShareCode>, StoreError> {
        let sql = "SELECT id, app_id, room_id, params, picture FROM share_code \
             WHERE room_id = $1 AND params = $2 AND app_id = $3";
        let args = args![room_id, params.as_str(), app_id];
        let row = self.readers().row(sql, args).await?;
        row.as_ref().map(share_code_of).transpose()
    }

    /// A code by its id, whosesoever.
    pub async fn share_code_by_id(&self, id: &str) -> Result<Option<ShareCode>, StoreError> {
        let sql = "SELECT id, app_id, room_id, params, picture FROM share_code WHERE id = $1";
        let row = self.readers().row(sql, args![id]).await?;
        row.as_ref().map(share_code_of).transpose()
    }

    /// Notes which image shows a code that WeChat made.
    pub async fn set_share_code_picture(&self, id: &str, picture: &str) -> Result<(), StoreError> {
        let sql = "UPDATE share_code SET picture = $2 WHERE id = $1";
        let done = self.writer().execute(sql, args![id, picture]).await;
        done.map(drop)
    }

    /// Keeps a new code, unless the room has one for these parameters, which is given then; `None`:
    /// the room has `most` codes.
    pub async fn add_share_code(
        &self,
        new: &ShareCode,
        most: i64,
        now: UnixMs,
    ) -> Result<Option<ShareCode>, StoreError> {
        let new = new.clone();
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let held = "SELECT id, app_id, room_id, params, picture FROM share_code \
                         WHERE room_id = $1 AND params = $2 AND app_id = $3";
                    let args = args![new.room_id, new.params.as_str(), &new.app_id];
                    if let Some(row) = tx.row(held, args).await? {
                        return share_code_of(&row).map(Some);
                    }
                    let count = "SELECT COUNT(*) AS n FROM share_code WHERE room_id = $1";
                    if number(tx.row(count, args![new.room_id]).await?)? >= most {
                        return Ok(None);
                    }
                    let insert = "INSERT INTO share_code (id, app_id, room_id, params, created_at) \
                         VALUES ($1, $2, $3, $4, $5)";
                    let (id, params) = (new.id.as_str(), new.params.as_str());
                    let args = args![id, &new.app_id, new.room_id, params, now];
                    tx.execute(insert, args).await?;
                    Ok(Some(new))
                })
            })
            .await
    }
}

fn share_code_of(row: &Row) -> Result<ShareCode, StoreError> {
    Ok(ShareCode {
        id: row.get("id")?,
        app_id: row.app_id()?,
        room_id: RoomId(row.get("room_id")?),
        params: CustomParams::kept(row.get("params")?),
        picture: row.get("picture")?,
    })
}
