//! What changes something, with a room of its own that is deleted at the end: upload, create, edit,
//! delete, as shops do it.

use bytes::Bytes;
use hyper::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Report;
use super::visit::{Difference, Finding, Visit, refused, upload};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
/// How far ahead the room is planned, so that nobody meets it before it is deleted.
const AHEAD_S: i64 = 30 * 24 * 3_600;
const HOUR_S: i64 = 3_600;

/// A grey picture of 100 × 100 points.
const PICTURE: &[u8] = include_bytes!("picture.png");

/// Makes and deletes a room of `anchor`.
pub(super) async fn run(visit: &Visit, anchor: &str, report: &mut Report) {
    let media = match uploaded(visit).await {
        Ok(media) => media,
        Err(differs) => {
            return report.add("WxJava", "uploads a picture", Finding::Differs(differs));
        }
    };
    report.add("WxJava", "uploads a picture", Finding::Understood);
    let plan = plan(anchor, &media);
    let made = post(visit, "room/create", FORM, form_of(&plan)).await;
    let room = match &made {
        Ok(answer) => answer["roomId"].as_i64(),
        Err(_) => None,
    };
    report.add("EasyWeChat 5", "creates a room by a form", finding(made));
    let Some(room) = room else { return };
    let mut edited = plan;
    edited["id"] = json!(room.to_string());
    let edit = post(visit, "room/editroom", JSON, edited.to_string()).await;
    report.add("lilishop", "edits it with texts alone", finding(edit));
    let muted = json!({"roomId": room, "banComment": 1}).to_string();
    let muted = post(visit, "room/updatecomment", JSON, muted).await;
    report.add("WxJava", "mutes it by roomId", finding(muted));
    let gone = post(visit, "room/deleteroom", FORM, format!("id={room}")).await;
    report.add("EasyWeChat 5", "deletes it by a form", finding(gone));
}

async fn uploaded(visit: &Visit) -> Result<String, Difference> {
    let (mime, body) = upload(PICTURE);
    let path = "cgi-bin/media/upload";
    let (answer, why) = visit
        .call(Method::POST, path, "type=image", mime, body)
        .await?;
    match answer["media_id"].as_str() {
        Some(media) => Ok(media.to_owned()),
        None => Err(refused(&answer, why)),
    }
}

/// Every field a text, as PHP's arrays are sent.
fn plan(anchor: &str, media: &str) -> Value {
    let start = Timestamp::now().as_second() + AHEAD_S;
    json!({
        "name": "接口自检",
        "coverImg": media, "shareImg": media, "feedsImg": media,
        "startTime": start.to_string(), "endTime": (start + HOUR_S).to_string(),
        "anchorName": "接口自检", "anchorWechat": anchor,
        "type": "0", "isFeedsPublic": "0",
        "closeLike": "0", "closeGoods": "0", "closeComment": "0",
        "closeKf": "1", "closeReplay": "1", "closeShare": "0",
    })
}

async fn post(
    visit: &Visit,
    operation: &str,
    mime: &str,
    body: String,
) -> Result<Value, Difference> {
    let path = format!("wxaapi/broadcast/{operation}");
    let mime = Some(mime.to_owned());
    let sent = visit.call(Method::POST, &path, "", mime, Bytes::from(body));
    let (answer, why) = sent.await?;
    if answer["errcode"] == 0 {
        Ok(answer)
    } else {
        Err(refused(&answer, why))
    }
}

fn finding(outcome: Result<Value, Difference>) -> Finding {
    outcome.map_or_else(Finding::Differs, |_| Finding::Understood)
}

fn form_of(fields: &Value) -> String {
    let fields = fields.as_object().into_iter().flatten();
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in fields {
        form.append_pair(key, value.as_str().unwrap_or_default());
    }
    form.finish()
}
