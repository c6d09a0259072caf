//! Devices that open the anchor's page of a person's rooms, and the codes that enrol one each.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use kaibo_domain::UnixMs;
use kaibo_domain::event::RoomEvent;
use kaibo_domain::id::{AppId, RoomId};
use sha2::Sha256;

use crate::db::{Conn, Row, args};
use crate::{Store, StoreError, events};

/// What a code enrols a device for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// In which app.
    pub app_id: AppId,
    /// Whose device it will be.
    pub wechat_id: String,
    /// For whose broadcast the code was made.
    pub room_id: RoomId,
    /// Until when the code works.
    pub expires_at: UnixMs,
}

/// A device of an anchor.
#[derive(Clone, PartialEq, Eq)]
pub struct Device {
    /// Its number.
    pub id: i64,
    /// In which app.
    pub app_id: AppId,
    /// Whose.
    pub wechat_id: String,
    /// What it calls itself.
    pub name: String,
    /// When it was enrolled.
    pub enrolled_at: UnixMs,
    /// When it was last used, to the hour.
    pub seen_at: UnixMs,
    /// When it was shut out.
    pub revoked_at: Option<UnixMs>,
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device")
            .field("id", &self.id)
            .field("wechat_id", &self.wechat_id)
            .finish_non_exhaustive()
    }
}

macro_rules! device_columns {
    () => {
        "id, app_id, wechat_id, name, enrolled_at, seen_at, revoked_at FROM device"
    };
}

impl Store {
    /// Keeps a code; those of the same room made before, and those that are over, are void.
    pub async fn create_enrolment(
        &self,
        code: &str,
        enrolment: &Enrolment,
        made_by: &str,
        now: UnixMs,
    ) -> Result<(), StoreError> {
        let new = enrolment.clone();
        let (hash, made_by) = (code_hash(self, code), made_by.to_owned());
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "DELETE FROM enrolment WHERE expires_at <= $1 \
                         OR (room_id = $2 AND app_id = $3)";
                    tx.execute(sql, args![now, new.room_id, &new.app_id])
                        .await?;
                    let sql = "INSERT INTO enrolment \
                         (code_hash, app_id, wechat_id, room_id, made_by, expires_at) \
                         VALUES ($1, $2, $3, $4, $5, $6)";
                    let args = args![
                        hash,
                        &new.app_id,
                        new.wechat_id,
                        new.room_id,
                        made_by,
                        new.expires_at
                    ];
                    tx.execute(sql, args).await.map(drop)
                })
            })
            .await
    }

    /// What a code enrols for, while it works.
    pub async fn enrolment(
        &self,
        code: &str,
        now: UnixMs,
    ) -> Result<Option<Enrolment>, StoreError> {
        let sql = "SELECT app_id, wechat_id, room_id, expires_at FROM enrolment \
             WHERE code_hash = $1 AND expires_at > $2";
        let args = args![code_hash(self, code), now];
        let row = self.readers().row(sql, args).await?;
        row.as_ref().map(enrolment_of).transpose()
    }

    /// Uses a code up for a device, known by the hash of its credential. `None`: the code works no
    /// more, and nothing was written.
    pub async fn enrol_device(
        &self,
        code: &str,
        name: &str,
        credential_hash: &[u8],
        now: UnixMs,
    ) -> Result<Option<Enrolment>, StoreError> {
        let hash = code_hash(self, code);
        let (name, credential_hash) = (name.to_owned(), credential_hash.to_vec());
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "DELETE FROM enrolment WHERE code_hash = $1 AND expires_at > $2 \
                         RETURNING app_id, wechat_id, room_id, expires_at";
                    let Some(row) = tx.row(sql, args![hash, now]).await? else {
                        return Ok(None);
                    };
                    let used = enrolment_of(&row)?;
                    let sql = "INSERT INTO device \
                         (app_id, wechat_id, name, credential_hash, enrolled_at, seen_at) \
                         VALUES ($1, $2, $3, $4, $5, $5)";
                    let whose = used.wechat_id.as_str();
                    let args = args![&used.app_id, whose, name, credential_hash, now];
                    tx.execute(sql, args).await?;
                    Ok(Some(used))
                })
            })
            .await
    }

    /// The device with this credential, unless it was revoked.
    pub async fn device(&self, credential_hash: &[u8]) -> Result<Option<Device>, StoreError> {
        let sql = concat!(
            "SELECT ",
            device_columns!(),
            " WHERE credential_hash = $1 AND revoked_at IS NULL"
        );
        let row = self.readers().row(sql, args![credential_hash]).await?;
        row.as_ref().map(device_of).transpose()
    }

    /// A person's devices, the latest first.
    pub async fn devices(
        &self,
        app_id: &AppId,
        wechat_id: &str,
    ) -> Result<Vec<Device>, StoreError> {
        let sql = concat!(
            "SELECT ",
            device_columns!(),
            " WHERE app_id = $1 AND wechat_id = $2 ORDER BY id DESC LIMIT 100"
        );
        let rows = self.readers().rows(sql, args![app_id, wechat_id]).await?;
        rows.iter().map(device_of).collect()
    }

    /// Notes that a device is used.
    pub async fn note_device(&self, id: i64, now: UnixMs) -> Result<(), StoreError> {
        let sql = "UPDATE device SET seen_at = $2 WHERE id = $1 AND seen_at < $2";
        self.writer().execute(sql, args![id, now]).await.map(drop)
    }

    /// Shuts a device out. The offset of the last event, which tells the pages of its rooms; of the
    /// last event there is, where it has none. `None`: no such device that is not shut out.
    pub async fn revoke_device(
        &self,
        app_id: &AppId,
        id: i64,
        actor: &str,
        now: UnixMs,
    ) -> Result<Option<i64>, StoreError> {
        let (app_id, actor) = (app_id.clone(), actor.to_owned());
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "UPDATE device SET revoked_at = $3, revoked_by = $4 \
                         WHERE id = $1 AND app_id = $2 AND revoked_at IS NULL \
                         RETURNING wechat_id";
                    let Some(row) = tx.row(sql, args![id, &app_id, now, actor]).await? else {
                        return Ok(None);
                    };
                    let whose: String = row.get("wechat_id")?;
                    tell_rooms(tx, &app_id, &whose, now).await.map(Some)
                })
            })
            .await
    }
}

/// Tells the pages of a person's rooms that are planned or on air to look again.
async fn tell_rooms(
    tx: &mut Conn,
    app_id: &AppId,
    wechat_id: &str,
    now: UnixMs,
) -> Result<i64, StoreError> {
    let sql = "SELECT id FROM room WHERE app_id = $1 AND anchor_wechat = $2 \
         AND deleted_at IS NULL AND status IN (101, 102, 105, 106) ORDER BY id LIMIT 200";
    let rooms = tx.rows(sql, args![app_id, wechat_id]).await?;
    let mut offset = crate::rooms::number(tx.row(events::LAST, args![]).await?)?;
    for room in rooms {
        let id = RoomId(room.get("id")?);
        offset = events::append(tx, app_id, id, now, &RoomEvent::CodeRenewed).await?;
    }
    Ok(offset)
}

/// What a code is looked up by; keyed, as [`crate::room_access`] does.
fn code_hash(store: &Store, code: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&store.keys().derive("enrolment code"))
        .expect("HMAC takes any key length");
    mac.update(code.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn enrolment_of(row: &Row) -> Result<Enrolment, StoreError> {
    Ok(Enrolment {
        app_id: row.app_id()?,
        wechat_id: row.get("wechat_id")?,
        room_id: RoomId(row.get("room_id")?),
        expires_at: row.get("expires_at")?,
    })
}

fn device_of(row: &Row) -> Result<Device, StoreError> {
    Ok(Device {
        id: row.get("id")?,
        app_id: row.app_id()?,
        wechat_id: row.get("wechat_id")?,
        name: row.get("name")?,
        enrolled_at: row.get("enrolled_at")?,
        seen_at: row.get("seen_at")?,
        revoked_at: row.get("revoked_at")?,
    })
}
