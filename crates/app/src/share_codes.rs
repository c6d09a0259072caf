//! Share codes: what leads viewers to a room, and hands on what a merchant wants to know of them.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::Weekday;
use kaibo_domain::id::{AppId, RoomId};
use kaibo_domain::refusal::Refusal;
use kaibo_domain::room::{Room, Status};
use kaibo_domain::share_code::{CustomParams, MAX_CODES, ShareRefusal};
use kaibo_domain::{MINUTE_MS, UnixMs};
use kaibo_pictures::{Code, Font, Poster, png_of, qr_png};
use kaibo_store::ShareCode;
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;

use crate::pictures::{self, POSTER};
use crate::ports::CallError;
use crate::{Kaibo, Result, WechatFault, secret};

/// A scene of a mini program's code holds 32 characters; nobody guesses one of these.
const ID_CHARS: usize = 16;
/// After WeChat made no code of an app it is asked again no earlier than this.
pub(crate) const TRY_AGAIN_MS: i64 = MINUTE_MS;
/// A caller waits no longer for WeChat.
const WAIT: Duration = Duration::from_secs(5);
/// Pixels of a code's picture, give or take.
const CODE: u64 = 640 * 640;
/// What to do with a poster's code.
const CALL: &str = "扫码观看直播";

/// A room's code and where what belongs to it is. Paths are under the public HTTP address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedRoom {
    /// What stands for the code.
    pub id: String,
    /// What it hands on.
    pub params: CustomParams,
    /// What its code says: the viewers' page.
    pub viewer_url: String,
    /// Where a mini program opens the room.
    pub page_path: String,
    /// The code as a picture.
    pub code_path: String,
    /// The poster with the code; another one when what it shows has changed.
    pub poster_path: String,
}

/// A poster, and the version that its address names.
pub struct DrawnPoster {
    /// A PNG.
    pub png: Bytes,
    /// What it shows, in short.
    pub version: String,
}

impl Kaibo {
    /// The code of a room that hands `params` on, as merchants write them; the same at each time.
    pub async fn share_room(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        params: &str,
    ) -> Result<SharedRoom> {
        let params = CustomParams::read(params).map_err(Refusal::from)?;
        let room = self.room(app_id, room_id).await?;
        if matches!(room.status, Status::Banned | Status::Expired) {
            return Err(Refusal::NotAllowed(room.status).into());
        }
        let mut code = self.share_code(&room, params).await?;
        if code.picture.is_none() {
            code.picture = self.mini_program_code(&code).await?;
        }
        let viewer_url = self.shared_url(&code);
        let mut page_path = format!(
            "plugin-private://{}/pages/live-player-plugin?room_id={room_id}",
            self.settings().plugin_appid
        );
        if !code.params.is_empty() {
            page_path += "&custom_params=";
            page_path += &code.params.encoded();
        }
        let folder = format!("/share-codes/{}", code.id);
        let version = Face::of(self, &room, &code).version();
        Ok(SharedRoom {
            code_path: format!("{folder}/code.png"),
            poster_path: format!("{folder}/poster.png?v={version}"),
            id: code.id,
            params: code.params,
            viewer_url,
            page_path,
        })
    }

    /// Where a code leads and what it hands on: for whoever scanned it.
    pub async fn shared(&self, id: &str) -> Result<(RoomId, CustomParams)> {
        let (code, room) = self.shared_room(id).await?;
        Ok((room.id, code.params))
    }

    /// A code as a PNG.
    pub async fn code_picture(&self, id: &str) -> Result<Option<Bytes>> {
        let (code, _) = self.shared_room(id).await?;
        if let Some(made) = self.kept_picture(code.picture.as_deref()).await? {
            return Ok(Some(made));
        }
        let url = self.shared_url(&code);
        let drawn = self.work_on_picture(CODE, move || qr_png(&url)).await?;
        Ok(drawn.map(Bytes::from))
    }

    /// The poster of a code's room as it is now.
    pub async fn poster(&self, id: &str) -> Result<Option<DrawnPoster>> {
        let (code, room) = self.shared_room(id).await?;
        let face = Face::of(self, &room, &code);
        let version = face.version();
        let cover = self.kept_picture(face.cover.as_deref()).await?;
        let made = self.kept_picture(face.picture.as_deref()).await?;
        let font = self.settings().font.clone();
        let draw = move || {
            let font = pictures::font(font.as_deref());
            let poster = Poster {
                cover: cover.as_deref(),
                title: &face.title,
                anchor: &face.anchor,
                time: &face.time,
                call: CALL,
                code: match &made {
                    Some(made) => Code::Picture(made),
                    None => Code::Text(&face.url),
                },
                font: font.as_deref().and_then(Font::read),
            };
            poster.png()
        };
        let png = self.drawn(version.clone(), POSTER, draw).await?;
        Ok(png.map(|png| DrawnPoster { png, version }))
    }

    async fn share_code(&self, room: &Room, params: CustomParams) -> Result<ShareCode> {
        let held = self.store().share_code(&room.app_id, room.id, &params);
        if let Some(held) = held.await? {
            return Ok(held);
        }
        let new = ShareCode {
            id: secret::random_text(ID_CHARS),
            app_id: room.app_id.clone(),
            room_id: room.id,
            params,
            picture: None,
        };
        let added = self.store().add_share_code(&new, MAX_CODES, self.now());
        Ok(added.await?.ok_or(Refusal::from(ShareRefusal::TooMany))?)
    }

    /// Has WeChat make a code of the app's own mini program, and keeps it; the name of its image.
    /// `None`: the app has no account or no page for it, or WeChat made none, which the log says.
    async fn mini_program_code(&self, code: &ShareCode) -> Result<Option<String>> {
        let Some(page) = &self.settings().code_page else {
            return Ok(None);
        };
        let Some(request) = self.outbound().code_request(page, &code.id) else {
            return Ok(None);
        };
        let (app_id, tries) = (&code.app_id, &self.inner.code_tries);
        if self.wechat_state(app_id).await?.is_none() {
            return Ok(None);
        }
        if tries.take(app_id.as_str(), self.now()).is_err() {
            return Ok(None);
        }
        let answer = match timeout(WAIT, self.call_wechat(app_id, request)).await {
            Ok(answer) => answer?,
            Err(_) => Err(WechatFault::Call(CallError::Timeout)),
        };
        let made = match answer {
            // A number is a refusal: the code itself comes as an image.
            Ok(answer) if answer.status == 200 && answer.code.is_none() => {
                let work = move || png_of(&answer.body);
                self.work_on_picture(CODE, work).await?
            }
            Ok(answer) => {
                let (status, errcode) = (answer.status, answer.code);
                tracing::warn!(app = %app_id, status, ?errcode, "WeChat makes no code");
                None
            }
            Err(fault) => {
                tracing::warn!(app = %app_id, %fault, "WeChat makes no code");
                None
            }
        };
        let Some(made) = made else {
            return Ok(None);
        };
        tries.clear(app_id.as_str());
        let image = self.take_in(app_id, made.into(), None).await?;
        let noted = self.store().set_share_code_picture(&code.id, &image.name);
        noted.await?;
        Ok(Some(image.name))
    }

    async fn kept_picture(&self, name: Option<&str>) -> Result<Option<Bytes>> {
        let Some(name) = name else { return Ok(None) };
        let kept = self.store().image(name).await?;
        Ok(kept.map(|(_, bytes)| Bytes::from(bytes)))
    }

    async fn shared_room(&self, id: &str) -> Result<(ShareCode, Room)> {
        let code = self.store().share_code_by_id(id).await?;
        let code = code.ok_or(Refusal::from(ShareRefusal::Unknown))?;
        let room = self.room(&code.app_id, code.room_id).await?;
        Ok((code, room))
    }

    /// The viewers' page, with the code's id where it hands something on.
    fn shared_url(&self, code: &ShareCode) -> String {
        let url = self.viewer_url(code.room_id);
        if code.params.is_empty() {
            url
        } else {
            format!("{url}?s={}", code.id)
        }
    }
}

/// What a poster shows.
struct Face {
    title: String,
    anchor: String,
    time: String,
    cover: Option<String>,
    picture: Option<String>,
    url: String,
}

impl Face {
    fn of(kaibo: &Kaibo, room: &Room, code: &ShareCode) -> Self {
        let draft = &room.draft;
        Self {
            title: draft.name.clone(),
            anchor: format!("主播：{}", draft.anchor_name),
            time: time_text(kaibo, draft.start_at),
            cover: draft.cover.clone(),
            picture: code.picture.clone(),
            url: kaibo.shared_url(code),
        }
    }

    /// Another one as soon as anything that is shown is another.
    fn version(&self) -> String {
        let name = |name: &Option<String>| name.clone().unwrap_or_default();
        let (cover, picture) = (name(&self.cover), name(&self.picture));
        let shown = [
            &self.title,
            &self.anchor,
            &self.time,
            &cover,
            &picture,
            &self.url,
        ];
        let mut digest = Sha256::new();
        for text in shown {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        }
        secret::hex(&digest.finalize()[..8])
    }
}

/// `11月25日（周三）20:00`, where the operator's days begin.
fn time_text(kaibo: &Kaibo, at: UnixMs) -> String {
    let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    let at = at.to_zoned(kaibo.settings().zone.clone());
    let day = match at.weekday() {
        Weekday::Monday => "周一",
        Weekday::Tuesday => "周二",
        Weekday::Wednesday => "周三",
        Weekday::Thursday => "周四",
        Weekday::Friday => "周五",
        Weekday::Saturday => "周六",
        Weekday::Sunday => "周日",
    };
    let (month, date, hour, minute) = (at.month(), at.day(), at.hour(), at.minute());
    format!("{month}月{date}日（{day}）{hour:02}:{minute:02}")
}
