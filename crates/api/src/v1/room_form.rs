//! What the console sends to make or edit a room.

use kaibo_app::DraftInput;
use kaibo_domain::draft::{Draft, RoomKind, Switches};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult};

/// A room's details. What an edit leaves out stays as it is. Images are media ids or the address
/// a room shows; without any the pages show a cover of their own.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(crate) struct RoomForm {
    /// 6 to 34 half-width units (a Chinese character counts two).
    name: String,
    /// Unix milliseconds; 10 minutes to 6 months from now.
    start_at: Option<i64>,
    /// Unix milliseconds; at least 30 minutes after the start.
    end_at: Option<i64>,
    /// 4 to 30 half-width units.
    anchor_name: String,
    /// A verified anchor.
    anchor_wechat: String,
    /// 0: live from a phone, 1: from an encoder.
    #[serde(rename = "type")]
    kind: Option<u8>,
    cover_img: Option<String>,
    share_img: Option<String>,
    feeds_img: Option<String>,
    is_feeds_public: Option<bool>,
    close_like: Option<bool>,
    close_goods: Option<bool>,
    close_comment: Option<bool>,
    close_replay: Option<bool>,
    close_share: Option<bool>,
    close_kf: Option<bool>,
}

impl RoomForm {
    /// The draft that the form asks for; `before` is the room's as it stands, for an edit.
    pub(crate) fn into_input(self, before: Option<&Draft>) -> ApiResult<DraftInput> {
        let start_at = self.start_at.or(before.map(|b| b.start_at));
        let end_at = self.end_at.or(before.map(|b| b.end_at));
        let (Some(start_at), Some(end_at)) = (start_at, end_at) else {
            return Err(self.incomplete());
        };
        let kind = match self.kind {
            Some(0) => RoomKind::Phone,
            Some(1) => RoomKind::Push,
            Some(_) => return Err(ApiError::invalid("type", "type_unknown")),
            None => before.map(|b| b.kind).unwrap_or_default(),
        };
        let draft = Draft {
            start_at,
            end_at,
            kind,
            switches: self.switches(before.map(|b| b.switches).unwrap_or_default()),
            name: self.name,
            anchor_name: self.anchor_name,
            anchor_wechat: self.anchor_wechat,
            // The console does not show these two; an edit keeps what the API has set.
            sub_anchor_wechat: before.and_then(|b| b.sub_anchor_wechat.clone()),
            creator_wechat: before.and_then(|b| b.creator_wechat.clone()),
            cover: self.cover_img,
            share: self.share_img,
            feeds: self.feeds_img,
        };
        Ok(DraftInput {
            draft,
            images_required: false,
        })
    }

    fn switches(&self, stays: Switches) -> Switches {
        Switches {
            close_like: self.close_like.unwrap_or(stays.close_like),
            close_goods: self.close_goods.unwrap_or(stays.close_goods),
            close_comment: self.close_comment.unwrap_or(stays.close_comment),
            close_replay: self.close_replay.unwrap_or(stays.close_replay),
            close_share: self.close_share.unwrap_or(stays.close_share),
            close_kf: self.close_kf.unwrap_or(stays.close_kf),
            feeds_public: self.is_feeds_public.unwrap_or(stays.feeds_public),
        }
    }

    /// Without both times there is no plan to judge: every field that is empty is named.
    fn incomplete(&self) -> ApiError {
        let fields = [
            ("name", self.name.trim().is_empty()),
            ("startAt", self.start_at.is_none()),
            ("endAt", self.end_at.is_none()),
            ("anchorName", self.anchor_name.trim().is_empty()),
            ("anchorWechat", self.anchor_wechat.is_empty()),
        ];
        let empty = fields.into_iter().filter(|(_, empty)| *empty);
        ApiError::invalid_fields(empty.map(|(field, _)| (field, "required")))
    }
}
