//! Ways into a room: push address, preview, play addresses.

use std::fmt;

use kaibo_domain::id::{AppId, RoomId, stream_name};
use kaibo_domain::refusal::Refusal;
use kaibo_domain::room::{Room, Status};
use kaibo_domain::{HOUR_MS, UnixMs};
use kaibo_store::{PushRefusal, RoomAccess as StoredAccess};

use crate::{Kaibo, Result, secret};

/// How long a push key outlives the planned end.
const KEY_AFTER_END_MS: i64 = 24 * HOUR_MS;

/// Where an encoder pushes to, as OBS wants it: server and key apart.
#[derive(Clone, PartialEq, Eq)]
pub struct PushAddress {
    /// `rtmp://HOST/live`.
    pub server: String,
    /// `{appid}-{roomId}?txSecret=…&txTime=…`.
    pub key: String,
    /// Both joined: WeChat's `pushAddr`.
    pub address: String,
    /// Until when the key opens a room that is not on air.
    pub expires_at: UnixMs,
}

impl fmt::Debug for PushAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushAddress")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// Paths under the public HTTP address at which a stream plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Play {
    /// HTTP-FLV.
    pub flv: String,
    /// HLS with CMAF segments.
    pub hls: String,
    /// HLS with MPEG-TS segments.
    pub ts: String,
}

/// Everything that lets somebody into a room.
pub struct RoomAccess {
    /// The anchor's page, for devices that are enrolled.
    pub studio_url: String,
    /// The viewers' page: the share code.
    pub viewer_url: String,
    /// For encoders.
    pub push: PushAddress,
    /// The picture for anchor and operator, before the start too.
    pub preview: Option<Play>,
}

impl Kaibo {
    /// The room's current push address.
    pub async fn push_address(&self, room: &Room) -> Result<PushAddress> {
        let access = self.access_row(&room.app_id, room.id).await?;
        Ok(self.push_address_with(room, &access))
    }

    /// Everything that lets somebody into a room.
    pub async fn room_access(&self, app_id: &AppId, room_id: RoomId) -> Result<RoomAccess> {
        let room = self.room(app_id, room_id).await?;
        let access = self.access_row(app_id, room_id).await?;
        let http = &self.settings().public_http;
        Ok(RoomAccess {
            studio_url: format!("{http}/a/{room_id}"),
            viewer_url: self.viewer_url(room_id),
            push: self.push_address_with(&room, &access),
            preview: self.preview_with(&room, &access),
        })
    }

    /// The viewers' page of a room.
    pub fn viewer_url(&self, room_id: RoomId) -> String {
        format!("{}/r/{room_id}", self.settings().public_http)
    }

    /// Voids every push key of a room; a publisher with one is cut.
    pub async fn revoke_push(&self, app_id: &AppId, room_id: RoomId) -> Result<()> {
        let offset = self
            .store()
            .revoke_push(app_id, room_id, self.now())
            .await?;
        self.carried_out(offset.ok_or(Refusal::RoomUnknown)?).await
    }

    /// Why the room's last push was refused, for the anchor's page.
    pub async fn push_refusal(
        &self,
        app_id: &AppId,
        room_id: RoomId,
    ) -> Result<Option<PushRefusal>> {
        Ok(self.store().push_refusal(app_id, room_id).await?)
    }

    /// Where viewers watch; `None` while they may not.
    pub fn play(&self, room: &Room) -> Option<Play> {
        let open = matches!(room.status, Status::Live | Status::Lost);
        open.then(|| play_paths(room, ""))
    }

    /// Where anchor and operator watch, before the start and in a pause too.
    pub async fn preview(&self, room: &Room) -> Result<Option<Play>> {
        let access = self.access_row(&room.app_id, room.id).await?;
        Ok(self.preview_with(room, &access))
    }

    /// The preview's token; it changes when push keys are revoked.
    pub(crate) fn preview_token(&self, stream: &str, access: &StoredAccess) -> String {
        let key = self.store().keys().derive("preview");
        let tag = secret::mac(
            &key,
            &[
                stream.as_bytes(),
                &access.push_seed,
                &access.push_version.to_be_bytes(),
            ],
        );
        secret::hex(&tag[..16])
    }

    pub(crate) async fn access_row(&self, app_id: &AppId, room_id: RoomId) -> Result<StoredAccess> {
        let access = self.store().room_access(app_id, room_id).await?;
        Ok(access.ok_or(Refusal::RoomUnknown)?)
    }

    fn preview_with(&self, room: &Room, access: &StoredAccess) -> Option<Play> {
        room.status.takes_a_stream().then(|| {
            let token = self.preview_token(&stream_name(&room.app_id, room.id), access);
            play_paths(room, &format!("?token={token}"))
        })
    }

    fn push_address_with(&self, room: &Room, access: &StoredAccess) -> PushAddress {
        let expires_at = room.draft.end_at + KEY_AFTER_END_MS;
        let stream = stream_name(&room.app_id, room.id);
        let tx_time = format!("{:08X}", expires_at / 1000);
        let tx_secret = push_secret(&access.push_seed, &stream, &tx_time, access.push_version);
        let server = format!("{}/live", self.settings().public_rtmp);
        let key = format!("{stream}?txSecret={tx_secret}&txTime={tx_time}");
        PushAddress {
            address: format!("{server}/{key}"),
            server,
            key,
            expires_at,
        }
    }
}

/// First 128 bits of HMAC-SHA-256(seed, stream ‖ txTime ‖ version) in hex. `tx_time` is 8 hex
/// digits of Unix seconds as they stand in the address.
pub(crate) fn push_secret(seed: &[u8], stream: &str, tx_time: &str, version: i64) -> String {
    let parts = [
        stream.as_bytes(),
        tx_time.as_bytes(),
        &version.to_be_bytes(),
    ];
    secret::hex(&secret::mac(seed, &parts)[..16])
}

fn play_paths(room: &Room, query: &str) -> Play {
    let stream = stream_name(&room.app_id, room.id);
    Play {
        flv: format!("/live/{stream}.flv{query}"),
        hls: format!("/live/{stream}/index.m3u8{query}"),
        ts: format!("/live/{stream}/ts.m3u8{query}"),
    }
}
