//! A publisher arrives or leaves, and its room follows.

use kaibo_domain::event::RoomEvent;
use kaibo_domain::id::{AppId, RoomId, parse_stream_name, stream_name};
use kaibo_domain::person::PersonRefusal;
use kaibo_domain::refusal::Refusal;
use kaibo_domain::room::{Command, Room, Status};
use kaibo_store::{PushRefusal, RoomAccess as StoredAccess};

use crate::access::push_secret;
use crate::{Error, Kaibo, Result, secret};

/// Versions back in which a key is looked for, to tell a revoked one from a wrong one.
const VERSIONS_BACK: i64 = 8;

/// Who may watch a stream.
#[derive(Clone, PartialEq, Eq)]
pub enum Playback {
    /// Everyone.
    Open,
    /// Whoever shows this token: anchor and operator.
    Preview(String),
    /// Nobody, and nobody may push.
    Cut,
}

/// The answer to a publisher.
#[derive(Clone, PartialEq, Eq)]
pub enum Admission {
    /// Let in.
    Admitted(Playback),
    /// Sent away; the publisher is told nothing but "bad name".
    Refused(RefusedPush),
}

/// Why a publisher was sent away: for the log and the anchor's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedPush {
    /// No such room.
    UnknownRoom,
    /// Not this room's key.
    WrongKey,
    /// This room's key, past its time.
    ExpiredKey,
    /// A key that was revoked.
    RevokedKey,
    /// The app has as many live rooms as it may.
    Quota,
    /// The room is over or banned.
    RoomOver,
    /// The verification of the room's anchor does not hold.
    AnchorUnverified,
}

impl RefusedPush {
    /// Its name on `/v1`.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnknownRoom => "unknown_room",
            Self::WrongKey => "wrong_key",
            Self::ExpiredKey => "expired_key",
            Self::RevokedKey => "revoked_key",
            Self::Quota => "quota",
            Self::RoomOver => "room_over",
            Self::AnchorUnverified => "anchor_unverified",
        }
    }
}

impl Kaibo {
    /// Judges a publisher of `stream` with the raw `query` of its address. Writes nothing, so that
    /// no refusal takes longer than another; [`Kaibo::note_push_refused`] keeps the reason.
    pub async fn admit(&self, stream: &str, query: &str) -> Result<Admission> {
        let Some((app_id, room_id)) = parse_stream_name(stream) else {
            return Ok(Admission::Refused(RefusedPush::UnknownRoom));
        };
        let Some(room) = self.store().room(&app_id, room_id).await? else {
            return Ok(Admission::Refused(RefusedPush::UnknownRoom));
        };
        let room = self.settled(&room).await?;
        let access = self.access_row(&app_id, room_id).await?;
        match self.judge(&room, &access, stream, query).await? {
            Ok(()) => Ok(Admission::Admitted(self.playback_with(&room, &access))),
            Err(refusal) => Ok(Admission::Refused(refusal)),
        }
    }

    /// Who may watch a stream now, and whether its publisher may go on.
    pub async fn playback(&self, stream: &str) -> Result<Playback> {
        let Some((app_id, room_id)) = parse_stream_name(stream) else {
            return Ok(Playback::Cut);
        };
        let Some(room) = self.store().room(&app_id, room_id).await? else {
            return Ok(Playback::Cut);
        };
        let access = self.access_row(&app_id, room_id).await?;
        Ok(self.playback_with(&self.settled(&room).await?, &access))
    }

    /// A good stream is there. `false`: the room may not go on air for it, so cut it.
    pub async fn good_stream(&self, stream: &str) -> Result<bool> {
        let Some((app_id, room_id)) = parse_stream_name(stream) else {
            return Ok(false);
        };
        match self.change(&app_id, room_id, &Command::GoodStream).await {
            Ok(_) => Ok(true),
            Err(Error::Refused(refusal)) => {
                if let Some(why) = why_not_live(&refusal) {
                    self.refuse_stream(&app_id, room_id, why).await?;
                }
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// No media for the time that makes a stream lost.
    pub async fn lost_stream(&self, stream: &str) -> Result<()> {
        let Some((app_id, room_id)) = parse_stream_name(stream) else {
            return Ok(());
        };
        match self.change(&app_id, room_id, &Command::LostStream).await {
            Ok(_) | Err(Error::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Notes for the anchor's page why a push was refused.
    pub async fn note_push_refused(
        &self,
        stream: &str,
        reason: &str,
        detail: Option<String>,
    ) -> Result<()> {
        let Some((app_id, room_id)) = parse_stream_name(stream) else {
            return Ok(());
        };
        match self.store().room(&app_id, room_id).await? {
            Some(room) => self.note_refusal(&room, reason, detail).await,
            None => Ok(()),
        }
    }

    /// The stream that an event asks to cut, whatever the room's status.
    pub async fn stream_to_cut(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        event: &RoomEvent,
    ) -> Result<bool> {
        match event {
            RoomEvent::PushKeyRevoked => Ok(true),
            RoomEvent::PushRefused => {
                let refusal = self.store().push_refusal(app_id, room_id).await?;
                let room = self.store().room(app_id, room_id).await?;
                let may_not = [RefusedPush::Quota, RefusedPush::AnchorUnverified];
                let may_not = may_not.map(RefusedPush::name);
                let sent_away = refusal.is_some_and(|r| may_not.contains(&r.reason.as_str()));
                Ok(sent_away && room.is_some_and(|room| !room.status.is_on_air()))
            }
            _ => Ok(false),
        }
    }

    /// Takes the stream of a room that may not start away from it, and says why.
    pub(crate) async fn refuse_stream(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        why: RefusedPush,
    ) -> Result<()> {
        while let Some(room) = self.store().room(app_id, room_id).await? {
            if room.status != Status::Planned {
                // Somebody started it meanwhile, or ended it.
                return Ok(());
            }
            // As of the moment before its window, which would start it first.
            let rules = self.room_rules(&room.app_id).await?;
            let before = room.startable_from(&rules).map(|from| from - 1);
            let at = before.map_or(self.now(), |before| before.min(self.now()));
            let lost = self.try_change(&room, &Command::LostStream, at).await?;
            if lost.is_some() {
                break;
            }
        }
        let refusal = PushRefusal {
            at: self.now(),
            reason: why.name().into(),
            detail: None,
        };
        self.store()
            .note_push_refusal(app_id, room_id, &refusal)
            .await?;
        Ok(())
    }

    /// Whether the room's anchor has shown who they are. A room on air is never asked.
    pub(crate) async fn may_go_live(&self, room: &Room) -> Result<bool> {
        Ok(self.is_rehearsal()
            || self
                .is_verified(&room.app_id, &room.draft.anchor_wechat)
                .await?)
    }

    fn playback_with(&self, room: &Room, access: &StoredAccess) -> Playback {
        match room.status {
            Status::Live | Status::Lost => Playback::Open,
            Status::Planned | Status::Paused => {
                let stream = stream_name(&room.app_id, room.id);
                Playback::Preview(self.preview_token(&stream, access))
            }
            Status::Ended | Status::Banned | Status::Expired => Playback::Cut,
        }
    }

    async fn judge(
        &self,
        room: &Room,
        access: &StoredAccess,
        stream: &str,
        query: &str,
    ) -> Result<std::result::Result<(), RefusedPush>> {
        let now = self.now();
        if let Err(refusal) = check_key(access, stream, query, now, room.status.is_on_air()) {
            return Ok(Err(refusal));
        }
        if !room.status.takes_a_stream() {
            return Ok(Err(RefusedPush::RoomOver));
        }
        if room.status == Status::Planned && !self.may_go_live(room).await? {
            return Ok(Err(RefusedPush::AnchorUnverified));
        }
        let rules = self.room_rules(&room.app_id).await?;
        let due = room.startable_from(&rules).is_some_and(|at| at <= now);
        let starts = room.status == Status::Planned && (room.armed || due);
        let limit = i64::from(self.limits(&room.app_id).await?.live_at_once);
        if starts && self.store().on_air_count(&room.app_id).await? >= limit {
            return Ok(Err(RefusedPush::Quota));
        }
        Ok(Ok(()))
    }

    /// At most one note per room in two seconds, so that guessing keys writes little.
    async fn note_refusal(&self, room: &Room, reason: &str, detail: Option<String>) -> Result<()> {
        let (app_id, room_id) = (&room.app_id, room.id);
        tracing::warn!(%app_id, %room_id, reason, detail, "push refused");
        let now = self.now();
        if self
            .inner
            .push_refusals
            .take(&room_id.to_string(), now)
            .is_ok()
        {
            let refusal = PushRefusal {
                at: now,
                reason: reason.to_owned(),
                detail,
            };
            self.store()
                .note_push_refusal(app_id, room_id, &refusal)
                .await?;
        }
        Ok(())
    }
}

/// The refusals after which the stream of a room that would start is sent away.
pub(crate) fn why_not_live(refusal: &Refusal) -> Option<RefusedPush> {
    match refusal {
        Refusal::LiveAtOnce(_) => Some(RefusedPush::Quota),
        Refusal::Person(PersonRefusal::VerificationOver) => Some(RefusedPush::AnchorUnverified),
        _ => None,
    }
}

/// Whether `query` holds a key of the room. On air the current key is good past its time.
fn check_key(
    access: &StoredAccess,
    stream: &str,
    query: &str,
    now: i64,
    on_air: bool,
) -> std::result::Result<(), RefusedPush> {
    let (mut given, mut tx_time) = ("", "");
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("txSecret", value)) => given = value,
            Some(("txTime", value)) => tx_time = value,
            _ => {}
        }
    }
    let given = given.to_ascii_lowercase();
    // Every version is computed, whatever matches, so that time tells nothing.
    let oldest = (access.push_version - VERSIONS_BACK).max(0);
    let mut matching = None;
    for version in oldest..=access.push_version {
        let right = push_secret(&access.push_seed, stream, tx_time, version);
        if secret::equal(right.as_bytes(), given.as_bytes()) {
            matching = Some(version);
        }
    }
    let expires_s = i64::from_str_radix(tx_time, 16).unwrap_or(0);
    match matching {
        None => Err(RefusedPush::WrongKey),
        Some(version) if version < access.push_version => Err(RefusedPush::RevokedKey),
        Some(_) if now >= expires_s.saturating_mul(1000) && !on_air => Err(RefusedPush::ExpiredKey),
        Some(_) => Ok(()),
    }
}
