//! Rooms as /v1 shows them: to viewers, to the anchor, in the console.

use kaibo_app::{Kaibo, Play, PushAddress, PushRefusal};
use kaibo_domain::draft::RoomKind;
use kaibo_domain::room::{Room, Status};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiResult;

/// A room as a viewer may see it. All times are Unix milliseconds.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoomView {
    #[schema(example = 1_234_567)]
    room_id: i64,
    name: String,
    /// 101 live, 102 not started, 103 ended, 104 banned, 105 paused, 106 anchor away, 107 expired.
    #[schema(example = 102)]
    status: u16,
    /// Planned.
    start_at: i64,
    /// Planned.
    end_at: i64,
    /// First time on air.
    #[schema(required)]
    started_at: Option<i64>,
    /// When it was over.
    #[schema(required)]
    ended_at: Option<i64>,
    anchor_name: String,
    #[schema(required)]
    cover_url: Option<String>,
    #[schema(required)]
    share_url: Option<String>,
    /// Only while viewers may watch (101, 106).
    #[schema(required)]
    play: Option<PlayView>,
    close_comment: bool,
    close_goods: bool,
    close_like: bool,
    close_share: bool,
    close_replay: bool,
    /// Viewers' comments are muted.
    ban_comment: bool,
    /// Where a viewer turns to with a question; null while the room shows no customer service.
    #[schema(required)]
    customer_service_url: Option<String>,
    /// Place of this view among the views of the same room: a greater one is newer.
    offset: i64,
    /// The server's clock when the view was made, for countdowns.
    now: i64,
    #[schema(required)]
    ban_reason: Option<String>,
}

/// Paths at which a stream plays.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PlayView {
    /// HTTP-FLV.
    flv: String,
    /// HLS with CMAF segments.
    hls: String,
    /// HLS with MPEG-TS segments.
    ts: String,
}

/// Where an encoder pushes to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PushView {
    /// What OBS calls the server.
    #[schema(example = "rtmp://live.example.com/live")]
    server: String,
    /// What OBS calls the stream key.
    key: String,
    /// Both in one.
    address: String,
    /// Until when the key opens a room that is not on air.
    expires_at: i64,
}

/// Why the last push was turned away.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PushRefusalView {
    at: i64,
    /// `wrong_key`, `expired_key`, `revoked_key`, `quota`, `busy`, `unsupported_codec` or
    /// `room_over`.
    #[schema(example = "unsupported_codec")]
    reason: String,
    /// For example the name of the codec.
    #[schema(required)]
    detail: Option<String>,
}

/// A room as its anchor sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BroadcastView {
    #[serde(flatten)]
    room: RoomView,
    appid: String,
    /// A good stream is arriving.
    good: bool,
    /// Start was asked for; the next good stream starts the room.
    armed: bool,
    /// Its details may be changed.
    editable: bool,
    push: PushView,
    /// With a token; only while a good stream is arriving.
    #[schema(required)]
    preview: Option<PlayView>,
    /// From when on a good stream starts the room by itself; null when only the start does.
    #[schema(required)]
    startable_from: Option<i64>,
    #[schema(required)]
    last_refusal: Option<PushRefusalView>,
    /// When a room without a stream will be ended.
    #[schema(required)]
    grace_until: Option<i64>,
    /// When the broadcast will be cut for its length.
    #[schema(required)]
    cap_at: Option<i64>,
    /// The viewers' page.
    viewer_url: String,
}

/// A room as the console sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConsoleRoom {
    #[serde(flatten)]
    room: RoomView,
    /// 0: live from a phone, 1: from an encoder.
    #[serde(rename = "type")]
    kind: u8,
    anchor_wechat: String,
    /// Who made the room, as WeChat's API was told (`createrWechat`).
    #[schema(required)]
    creator_wechat: Option<String>,
    /// A good stream is arriving.
    good: bool,
    /// Start was asked for; the next good stream starts the room.
    armed: bool,
    #[schema(required)]
    feeds_url: Option<String>,
    is_feeds_public: bool,
    close_kf: bool,
    created_at: i64,
    #[schema(required)]
    grace_until: Option<i64>,
    #[schema(required)]
    cap_at: Option<i64>,
    #[schema(required)]
    last_refusal: Option<PushRefusalView>,
}

impl RoomView {
    /// `room` as a viewer may see it now.
    pub(crate) async fn load(kaibo: &Kaibo, room: &Room) -> ApiResult<Self> {
        let draft = &room.draft;
        let switches = &draft.switches;
        let customer_service_url = if switches.close_kf {
            None
        } else {
            kaibo.customer_service(&room.app_id).await?
        };
        Ok(Self {
            room_id: room.id.0,
            name: draft.name.clone(),
            status: room.status.number(),
            start_at: draft.start_at,
            end_at: draft.end_at,
            started_at: room.started_at,
            ended_at: room.ended_at,
            anchor_name: draft.anchor_name.clone(),
            cover_url: draft.cover.as_deref().map(image_path),
            share_url: draft.share.as_deref().map(image_path),
            play: kaibo.play(room).map(PlayView::from),
            close_comment: switches.close_comment,
            close_goods: switches.close_goods,
            close_like: switches.close_like,
            close_share: switches.close_share,
            close_replay: switches.close_replay,
            ban_comment: room.comments_banned,
            customer_service_url,
            offset: room.version,
            now: kaibo.now(),
            ban_reason: room.ban.as_ref().map(|ban| ban.reason.clone()),
        })
    }

    /// Place among the views of the same room.
    pub(crate) fn offset(&self) -> i64 {
        self.offset
    }
}

impl BroadcastView {
    /// Place among the views of the same room.
    pub(crate) fn offset(&self) -> i64 {
        self.room.offset
    }

    /// `room` as its anchor sees it now.
    pub(crate) async fn load(kaibo: &Kaibo, room: &Room) -> ApiResult<Self> {
        let rules = &kaibo.settings().room;
        Ok(Self {
            appid: room.app_id.to_string(),
            good: room.good,
            armed: room.armed,
            editable: room.status == Status::Planned,
            push: kaibo.push_address(room).await?.into(),
            preview: preview(kaibo, room).await?,
            startable_from: room.startable_from(rules),
            last_refusal: last_refusal(kaibo, room).await?,
            grace_until: room.grace_until,
            cap_at: cap_at(kaibo, room),
            viewer_url: kaibo.viewer_url(room.id),
            room: RoomView::load(kaibo, room).await?,
        })
    }
}

impl ConsoleRoom {
    /// `room` as the console sees it now.
    pub(crate) async fn load(kaibo: &Kaibo, room: &Room) -> ApiResult<Self> {
        let draft = &room.draft;
        Ok(Self {
            kind: match draft.kind {
                RoomKind::Phone => 0,
                RoomKind::Push => 1,
            },
            anchor_wechat: draft.anchor_wechat.clone(),
            creator_wechat: draft.creator_wechat.clone(),
            good: room.good,
            armed: room.armed,
            feeds_url: draft.feeds.as_deref().map(image_path),
            is_feeds_public: draft.switches.feeds_public,
            close_kf: draft.switches.close_kf,
            created_at: room.created_at,
            grace_until: room.grace_until,
            cap_at: cap_at(kaibo, room),
            last_refusal: last_refusal(kaibo, room).await?,
            room: RoomView::load(kaibo, room).await?,
        })
    }
}

/// A path rather than an address: the pages load images from their own origin only.
pub(crate) fn image_path(name: &str) -> String {
    format!("/media/{name}")
}

/// The preview's paths while there is a picture to see, so that pages can tell whether there is.
pub(crate) async fn preview(kaibo: &Kaibo, room: &Room) -> ApiResult<Option<PlayView>> {
    if !room.good {
        return Ok(None);
    }
    Ok(kaibo.preview(room).await?.map(PlayView::from))
}

fn cap_at(kaibo: &Kaibo, room: &Room) -> Option<i64> {
    let on_air = room.status.is_on_air();
    on_air
        .then(|| room.cap_at(&kaibo.settings().room))
        .flatten()
}

async fn last_refusal(kaibo: &Kaibo, room: &Room) -> ApiResult<Option<PushRefusalView>> {
    let refusal = kaibo.push_refusal(&room.app_id, room.id).await?;
    Ok(refusal.map(PushRefusalView::from))
}

impl From<Play> for PlayView {
    fn from(play: Play) -> Self {
        Self {
            flv: play.flv,
            hls: play.hls,
            ts: play.ts,
        }
    }
}

impl From<PushAddress> for PushView {
    fn from(push: PushAddress) -> Self {
        Self {
            server: push.server,
            key: push.key,
            address: push.address,
            expires_at: push.expires_at,
        }
    }
}

impl From<PushRefusal> for PushRefusalView {
    fn from(refusal: PushRefusal) -> Self {
        Self {
            at: refusal.at,
            reason: refusal.reason,
            detail: refusal.detail,
        }
    }
}
