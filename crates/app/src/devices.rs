//! Devices of anchors: a code, handed over by an operator, enrols one; the anchor's PIN confirms it.

use std::net::IpAddr;

use kaibo_domain::anchor::masked;
use kaibo_domain::id::{AppId, RoomId};
use kaibo_domain::person::PersonRefusal;
use kaibo_domain::refusal::Refusal;
use kaibo_domain::room::Room;
use kaibo_domain::{HOUR_MS, MINUTE_MS, UnixMs};
use kaibo_store::{Device, Enrolment};

use crate::accounts::{hash, verify_password};
use crate::{Kaibo, Result, secret};

/// How long a code works.
const CODE_MS: i64 = 10 * MINUTE_MS;
/// How long a device stays enrolled.
const DEVICE_MS: i64 = 180 * 24 * HOUR_MS;
/// How much later the use of a device is noted again.
const NOTE_MS: i64 = HOUR_MS;
/// Longest name of a device, in characters.
const MAX_NAME: usize = 60;
/// Wrong PINs of one person within [`PIN_WITHIN_MS`].
pub(crate) const PIN_TRIES: u32 = 5;
/// See [`PIN_TRIES`].
pub(crate) const PIN_WITHIN_MS: i64 = 10 * MINUTE_MS;

/// A code that enrols one device.
pub struct BroadcastCode {
    /// Opens the anchor's page on the device that is to be enrolled.
    pub url: String,
    /// Until when it works.
    pub expires_at: UnixMs,
    /// Whether the anchor's PIN will be asked for.
    pub needs_pin: bool,
}

/// What a code would enrol for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolmentView {
    /// Title of the room for which it was made.
    pub room_name: String,
    /// Whose device it will be, with the middle of the id hidden.
    pub wechat_id_masked: String,
    /// Until when it works.
    pub expires_at: UnixMs,
    /// Whether the anchor's PIN is asked for.
    pub needs_pin: bool,
}

/// A device that is enrolled now.
pub struct Enrolled {
    /// What the device shows from now on.
    pub credential: String,
    /// In which app.
    pub app_id: AppId,
    /// The room for which the code was made.
    pub room_id: RoomId,
    /// Until when the device stays enrolled.
    pub expires_at: UnixMs,
}

/// Why a device is not enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnrolRefusal {
    /// The code was used, is over, or never was one.
    CodeUnknown,
    /// The PIN is missing or wrong.
    WrongPin,
    /// Too many tries.
    TooManyTries {
        /// How long to wait.
        retry_after_ms: i64,
    },
}

impl Kaibo {
    /// Makes a code with which one device is enrolled for the room's anchor.
    pub async fn create_broadcast_code(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        actor: &str,
    ) -> Result<BroadcastCode> {
        let room = self.room(app_id, room_id).await?;
        let code = secret::random_text(22);
        let now = self.now();
        let enrolment = Enrolment {
            app_id: app_id.clone(),
            wechat_id: room.draft.anchor_wechat,
            room_id,
            expires_at: now + CODE_MS,
        };
        let store = self.store();
        store
            .create_enrolment(&code, &enrolment, actor, now)
            .await?;
        Ok(BroadcastCode {
            url: format!("{}/a/{code}", self.settings().public_http),
            expires_at: enrolment.expires_at,
            needs_pin: self.pin_hash(&enrolment).await?.is_some(),
        })
    }

    /// What a code would enrol for; `None`: it works no more.
    pub async fn enrolment(&self, code: &str) -> Result<Option<EnrolmentView>> {
        let Some(enrolment) = self.store().enrolment(code, self.now()).await? else {
            return Ok(None);
        };
        let room = self
            .store()
            .room(&enrolment.app_id, enrolment.room_id)
            .await?;
        let Some(room) = room else { return Ok(None) };
        Ok(Some(EnrolmentView {
            room_name: room.draft.name,
            wechat_id_masked: masked(&enrolment.wechat_id),
            expires_at: enrolment.expires_at,
            needs_pin: self.pin_hash(&enrolment).await?.is_some(),
        }))
    }

    /// Enrols a device by a code, which is used up, and the anchor's PIN where there is one.
    pub async fn enrol_device(
        &self,
        code: &str,
        pin: &str,
        name: &str,
        peer: IpAddr,
    ) -> Result<std::result::Result<Enrolled, EnrolRefusal>> {
        let now = self.now();
        let tries = &self.inner.enrolments;
        if let Err(retry_after_ms) = tries.take(&format!("peer {peer}"), now) {
            return Ok(Err(EnrolRefusal::TooManyTries { retry_after_ms }));
        }
        let Some(enrolment) = self.store().enrolment(code, now).await? else {
            return Ok(Err(EnrolRefusal::CodeUnknown));
        };
        if let Some(stored) = self.pin_hash(&enrolment).await? {
            // Counted for the person: another code gives no more tries.
            let key = format!("pin {}/{}", enrolment.app_id, enrolment.wechat_id);
            if let Err(retry_after_ms) = self.inner.pins.take(&key, now) {
                return Ok(Err(EnrolRefusal::TooManyTries { retry_after_ms }));
            }
            let peppered = self.peppered(&enrolment.app_id, &enrolment.wechat_id, pin);
            if !verify_password(peppered, Some(stored)).await? {
                return Ok(Err(EnrolRefusal::WrongPin));
            }
            self.inner.pins.clear(&key);
        }
        let credential = secret::random_text(43);
        let name: String = name
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_NAME)
            .collect();
        let hashed = hash(&credential);
        let used = self.store().enrol_device(code, &name, &hashed, now);
        let Some(used) = used.await? else {
            return Ok(Err(EnrolRefusal::CodeUnknown));
        };
        tracing::info!(app_id = %used.app_id, wechat_id = used.wechat_id, "a device was enrolled");
        Ok(Ok(Enrolled {
            credential,
            app_id: used.app_id,
            room_id: used.room_id,
            expires_at: now + DEVICE_MS,
        }))
    }

    /// The room, if a device of its anchor asks for it.
    pub async fn room_of_device(&self, credential: &str, room_id: RoomId) -> Result<Option<Room>> {
        let Some(device) = self.store().device(&hash(credential)).await? else {
            return Ok(None);
        };
        let now = self.now();
        if now >= device.enrolled_at + DEVICE_MS {
            return Ok(None);
        }
        let Some(room) = self.store().room(&device.app_id, room_id).await? else {
            return Ok(None);
        };
        if room.draft.anchor_wechat != device.wechat_id {
            return Ok(None);
        }
        if now >= device.seen_at + NOTE_MS {
            self.store().note_device(device.id, now).await?;
        }
        Ok(Some(self.settled(&room).await?))
    }

    /// A person's devices, the latest first.
    pub async fn devices(&self, app_id: &AppId, wechat_id: &str) -> Result<Vec<Device>> {
        Ok(self.store().devices(app_id, wechat_id).await?)
    }

    /// Shuts a device out at once.
    pub async fn revoke_device(&self, app_id: &AppId, id: i64, actor: &str) -> Result<()> {
        let revoked = self.store().revoke_device(app_id, id, actor, self.now());
        let offset = revoked
            .await?
            .ok_or(Refusal::Person(PersonRefusal::DeviceUnknown))?;
        self.carried_out(offset).await
    }

    async fn pin_hash(&self, enrolment: &Enrolment) -> Result<Option<String>> {
        let (app_id, wechat_id) = (&enrolment.app_id, &enrolment.wechat_id);
        Ok(self.store().pin_hash(app_id, wechat_id).await?)
    }
}
