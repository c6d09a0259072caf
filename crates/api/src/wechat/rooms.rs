//! `wxaapi/broadcast/room/*`: rooms made, edited, deleted, and their push address (spec E01, E03
//! to E05).
//! <https://developers.weixin.qq.com/miniprogram/dev/server/API/livebroadcast>

use kaibo_app::{DraftInput, Error};
use kaibo_domain::UnixMs;
use kaibo_domain::draft::{Draft, RoomKind, Switches};
use kaibo_domain::refusal::{Field, Refusal};
use kaibo_domain::room::Command;

use super::answer::Answer;
use super::errcode::{CallFault, Fault};
use super::request::Params;
use super::{Call, Route, Rule, call};

/// Largest background (spec E01).
const MAX_COVER_BYTES: i64 = 2 * 1024 * 1024;
/// Largest share card (spec E01).
const MAX_SHARE_BYTES: i64 = 1024 * 1024;
/// Largest listing image (spec E01).
const MAX_FEEDS_BYTES: i64 = 100 * 1024;

/// Each with its quota of a day.
pub(super) fn routes() -> Vec<(&'static str, Route)> {
    vec![
        (
            "wxaapi/broadcast/room/create",
            call(Rule::post("room/create", 10_000), create),
        ),
        (
            "wxaapi/broadcast/room/editroom",
            call(Rule::post("room/editroom", 10_000), edit),
        ),
        (
            "wxaapi/broadcast/room/deleteroom",
            call(Rule::post("room/deleteroom", 10_000), delete),
        ),
        (
            "wxaapi/broadcast/room/getpushurl",
            call(Rule::get("room/getpushurl", 10_000), push_url),
        ),
    ]
}

/// POST `room/create`.
pub(super) async fn create(call: Call) -> Result<Answer, Fault> {
    let params = &call.params;
    let draft = Draft {
        kind: kind(params)?,
        sub_anchor_wechat: params.text("subAnchorWechat")?,
        creator_wechat: params.text("createrWechat")?,
        ..details(params)?
    };
    check_images(&call, &draft, None).await?;
    let input = DraftInput {
        draft,
        images_required: true,
    };
    match call.kaibo.create_room(&call.app_id, input).await {
        Ok(room) => Ok(Answer::ok().with("roomId", room.id.0)),
        Err(Error::Refused(Refusal::AnchorUnverified { token })) => Err(Fault::AnchorUnverified {
            qrcode_url: call.kaibo.verification_url(&token),
        }),
        Err(error) => Err(error.into()),
    }
}

/// POST `room/editroom`: replaces everything but type, sub-anchor and creator.
pub(super) async fn edit(call: Call) -> Result<Answer, Fault> {
    let room_id = call.params.room_id("id")?;
    let before = call.kaibo.room(&call.app_id, room_id).await?.draft;
    let draft = Draft {
        kind: before.kind,
        sub_anchor_wechat: before.sub_anchor_wechat.clone(),
        creator_wechat: before.creator_wechat.clone(),
        ..details(&call.params)?
    };
    check_images(&call, &draft, Some(&before)).await?;
    let input = DraftInput {
        draft,
        images_required: true,
    };
    match call.kaibo.edit_room(&call.app_id, room_id, input).await {
        Ok(_) => Ok(Answer::ok()),
        // Unlike create, without an address to be verified at.
        Err(Error::Refused(Refusal::AnchorUnverified { .. })) => Err(CallFault::NotAnAnchor.into()),
        Err(error) => Err(error.into()),
    }
}

/// POST `room/deleteroom`.
pub(super) async fn delete(call: Call) -> Result<Answer, Fault> {
    let room_id = call.params.room_id("id")?;
    call.kaibo
        .apply(&call.app_id, room_id, Command::Delete)
        .await?;
    Ok(Answer::ok())
}

/// GET `room/getpushurl`: for rooms fed by an encoder that still take a stream.
pub(super) async fn push_url(call: Call) -> Result<Answer, Fault> {
    let room_id = call.params.room_id("roomId")?;
    let room = call.kaibo.room(&call.app_id, room_id).await?;
    if room.draft.kind != RoomKind::Push || !room.status.takes_a_stream() {
        return Err(Fault::Refused(Refusal::NotAllowed(room.status)));
    }
    let push = call.kaibo.push_address(&room).await?;
    Ok(Answer::ok().with("pushAddr", push.address))
}

fn kind(params: &Params) -> Result<RoomKind, Fault> {
    Ok(if params.required_switch("type")? {
        RoomKind::Push
    } else {
        RoomKind::Phone
    })
}

/// What create and edit have in common, in the order of WeChat's table.
fn details(params: &Params) -> Result<Draft, Fault> {
    let defaults = Switches::default();
    Ok(Draft {
        name: params.required_text("name")?,
        cover: Some(params.required_text("coverImg")?),
        start_at: time(params, "startTime")?,
        end_at: time(params, "endTime")?,
        anchor_name: params.required_text("anchorName")?,
        anchor_wechat: params.required_text("anchorWechat")?,
        share: Some(params.required_text("shareImg")?),
        feeds: Some(params.required_text("feedsImg")?),
        switches: Switches {
            feeds_public: params
                .switch("isFeedsPublic")?
                .unwrap_or(defaults.feeds_public),
            close_like: params.required_switch("closeLike")?,
            close_goods: params.required_switch("closeGoods")?,
            close_comment: params.required_switch("closeComment")?,
            close_replay: params
                .switch("closeReplay")?
                .unwrap_or(defaults.close_replay),
            close_share: params.switch("closeShare")?.unwrap_or(defaults.close_share),
            close_kf: params.switch("closeKf")?.unwrap_or(defaults.close_kf),
        },
        ..Draft::default()
    })
}

/// Unix seconds to milliseconds; a time past all calendars stays far away.
fn time(params: &Params, key: &'static str) -> Result<UnixMs, Fault> {
    Ok(params.required_integer(key)?.saturating_mul(1_000))
}

/// The sizes that WeChat holds against API callers. An image that the room has already, whoever
/// put it there, stays whatever its size; one that nobody holds is refused later, as a field.
async fn check_images(call: &Call, draft: &Draft, before: Option<&Draft>) -> Result<(), Fault> {
    let before = |place: fn(&Draft) -> &Option<String>| before.and_then(|b| place(b).as_deref());
    let places = [
        (
            Field::Cover,
            &draft.cover,
            before(|b| &b.cover),
            MAX_COVER_BYTES,
        ),
        (
            Field::Share,
            &draft.share,
            before(|b| &b.share),
            MAX_SHARE_BYTES,
        ),
        (
            Field::Feeds,
            &draft.feeds,
            before(|b| &b.feeds),
            MAX_FEEDS_BYTES,
        ),
    ];
    for (field, sent, kept, most) in places {
        let Some(sent) = sent else { continue };
        let Some(image) = call.kaibo.named_image(&call.app_id, sent).await? else {
            continue;
        };
        if kept == Some(image.name.as_str()) {
            continue;
        }
        if image.sent_bytes > most {
            return Err(CallFault::ImageTooLarge(field).into());
        }
        if !image.is_there {
            return Err(CallFault::ImageGone.into());
        }
    }
    Ok(())
}
