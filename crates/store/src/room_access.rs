//! Who may push to a room: its sealed seed and broadcast code, and the last refusal.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use kaibo_domain::UnixMs;
use kaibo_domain::event::RoomEvent;
use kaibo_domain::id::{AppId, RoomId};
use kaibo_domain::room::Room;
use sha2::Sha256;

use crate::db::{Conn, args};
use crate::rooms::number;
use crate::{MasterKey, Store, StoreError, events};

/// The secrets of a room.
#[derive(Clone, PartialEq, Eq)]
pub struct RoomAccess {
    /// Seed of its push keys.
    pub push_seed: [u8; 32],
    /// Counts revocations: keys of another version are void.
    pub push_version: i64,
    /// Broadcast code: opens the anchor's page.
    pub code: String,
}

impl fmt::Debug for RoomAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoomAccess")
            .field("push_version", &self.push_version)
            .finish_non_exhaustive()
    }
}

/// A push that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushRefusal {
    /// When.
    pub at: UnixMs,
    /// Why, as a short fixed name.
    pub reason: String,
    /// More about it; never a key.
    pub detail: Option<String>,
}

impl Store {
    /// The secrets of a room that is not deleted.
    pub async fn room_access(
        &self,
        app_id: &AppId,
        id: RoomId,
    ) -> Result<Option<RoomAccess>, StoreError> {
        let sql = "SELECT s.push_seed, s.push_version, s.code FROM room_secret s \
             JOIN room r ON r.id = s.room_id \
             WHERE s.room_id = $1 AND s.app_id = $2 AND r.deleted_at IS NULL";
        let Some(row) = self.readers().row(sql, args![id, app_id]).await? else {
            return Ok(None);
        };
        let seed = self.unseal(&seed_context(app_id, id), &row.get::<Vec<u8>>("push_seed")?)?;
        let code = self.unseal(&code_context(app_id, id), &row.get::<Vec<u8>>("code")?)?;
        Ok(Some(RoomAccess {
            push_seed: seed.try_into().map_err(|_| unreadable("push_seed"))?,
            push_version: row.get("push_version")?,
            code: String::from_utf8(code).map_err(|_| unreadable("code"))?,
        }))
    }

    /// The room behind a broadcast code, if it is not deleted.
    pub async fn room_by_code(&self, code: &str) -> Result<Option<(AppId, RoomId)>, StoreError> {
        let sql = "SELECT s.app_id, s.room_id FROM room_secret s \
             JOIN room r ON r.id = s.room_id \
             WHERE s.code_hash = $1 AND r.deleted_at IS NULL";
        let hash = code_hash(self.keys(), code);
        let row = self.readers().row(sql, args![hash]).await?;
        row.map(|row| Ok((row.app_id()?, RoomId(row.get("room_id")?))))
            .transpose()
    }

    /// Voids every push key handed out; the offset of the event, `None` without such a room.
    pub async fn revoke_push(
        &self,
        app_id: &AppId,
        id: RoomId,
        now: UnixMs,
    ) -> Result<Option<i64>, StoreError> {
        let app_id = app_id.clone();
        self.writer()
            .of(&app_id)
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "UPDATE room_secret SET push_version = push_version + 1 \
                     WHERE room_id = $1 AND app_id = $2 AND EXISTS \
                     (SELECT 1 FROM room WHERE id = $1 AND deleted_at IS NULL)";
                    if tx.execute(sql, args![id, &app_id]).await? == 0 {
                        return Ok(None);
                    }
                    let event = RoomEvent::PushKeyRevoked;
                    let offset = events::append(tx, &app_id, id, now, &event).await?;
                    Ok(Some(offset))
                })
            })
            .await
    }

    /// Replaces the broadcast code; the offset of the event, `None` without such a room.
    pub async fn renew_code(
        &self,
        app_id: &AppId,
        id: RoomId,
        new_code: &str,
        now: UnixMs,
    ) -> Result<Option<i64>, StoreError> {
        let app_id = app_id.clone();
        let sealed = self
            .keys()
            .seal(&code_context(&app_id, id), new_code.as_bytes());
        let hash = code_hash(self.keys(), new_code);
        self.writer()
            .of(&app_id)
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "UPDATE room_secret SET code = $3, code_hash = $4 \
                     WHERE room_id = $1 AND app_id = $2 AND EXISTS \
                     (SELECT 1 FROM room WHERE id = $1 AND deleted_at IS NULL)";
                    if tx.execute(sql, args![id, &app_id, sealed, hash]).await? == 0 {
                        return Ok(None);
                    }
                    let event = RoomEvent::CodeRenewed;
                    let offset = events::append(tx, &app_id, id, now, &event).await?;
                    Ok(Some(offset))
                })
            })
            .await
    }

    /// Keeps a refusal in the place of the one before; the offset of its event. Without such a
    /// room nothing is written, and the answer is the last offset there is.
    pub async fn note_push_refusal(
        &self,
        app_id: &AppId,
        id: RoomId,
        refusal: &PushRefusal,
    ) -> Result<i64, StoreError> {
        let (app_id, refusal) = (app_id.clone(), refusal.clone());
        self.writer()
            .of(&app_id)
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "UPDATE room_secret \
                     SET refusal_at = $3, refusal_reason = $4, refusal_detail = $5 \
                     WHERE room_id = $1 AND app_id = $2 AND EXISTS \
                     (SELECT 1 FROM room WHERE id = $1 AND deleted_at IS NULL)";
                    let args = args![id, &app_id, refusal.at, refusal.reason, refusal.detail];
                    if tx.execute(sql, args).await? == 0 {
                        return number(tx.row(events::LAST, args![]).await?);
                    }
                    events::append(tx, &app_id, id, refusal.at, &RoomEvent::PushRefused).await
                })
            })
            .await
    }

    /// The last refusal.
    pub async fn push_refusal(
        &self,
        app_id: &AppId,
        id: RoomId,
    ) -> Result<Option<PushRefusal>, StoreError> {
        let sql = "SELECT refusal_at, refusal_reason, refusal_detail FROM room_secret \
             WHERE room_id = $1 AND app_id = $2 AND refusal_at IS NOT NULL";
        let row = self.readers().row(sql, args![id, app_id]).await?;
        row.map(|row| {
            Ok(PushRefusal {
                at: row.get("refusal_at")?,
                reason: row.get("refusal_reason")?,
                detail: row.get("refusal_detail")?,
            })
        })
        .transpose()
    }

    pub(crate) fn unseal(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.keys()
            .open(context, sealed)
            .map_err(|source| StoreError::Sealed {
                what: context.to_owned(),
                source,
            })
    }
}

/// Writes a new room's secrets.
pub(crate) async fn insert(
    tx: &mut Conn,
    keys: &MasterKey,
    room: &Room,
    access: &RoomAccess,
) -> Result<(), StoreError> {
    let seed = keys.seal(&seed_context(&room.app_id, room.id), &access.push_seed);
    let code = keys.seal(&code_context(&room.app_id, room.id), access.code.as_bytes());
    let hash = code_hash(keys, &access.code);
    let sql = "INSERT INTO room_secret \
         (room_id, app_id, push_seed, push_version, code, code_hash) \
         VALUES ($1, $2, $3, $4, $5, $6)";
    let args = args![room.id, &room.app_id, seed, access.push_version, code, hash];
    tx.execute(sql, args).await.map(drop)
}

fn seed_context(app_id: &AppId, id: RoomId) -> String {
    format!("room/{app_id}/{id}/push seed")
}

fn code_context(app_id: &AppId, id: RoomId) -> String {
    format!("room/{app_id}/{id}/code")
}

/// What a code is looked up by. Keyed, since a plain hash of a short code could be searched for in
/// a stolen database.
fn code_hash(keys: &MasterKey, code: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&keys.derive("room code"))
        .expect("HMAC takes any key length");
    mac.update(code.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn unreadable(column: &'static str) -> StoreError {
    StoreError::Unreadable {
        column,
        detail: "it opens, but has another shape".into(),
    }
}
