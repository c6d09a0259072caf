//! `cgi-bin/media/upload` and `cgi-bin/media/get`: temporary images, whose media ids the room
//! calls take (spec P3, P4).
//! <https://developers.weixin.qq.com/doc/service/api/material/temporary/api_uploadtempmedia>

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use kaibo_app::Kaibo;
use kaibo_domain::refusal::{ImageRefusal, Refusal};

use super::answer::Answer;
use super::door::Visit;
use super::errcode::{CallFault, Fault};
use super::request::{Params, read_body};
use super::{Route, Rule};

/// Ten MiB of image and what multipart puts around it.
const MAX_UPLOAD_BYTES: usize = 10 * 1024 * 1024 + 64 * 1024;
/// The only type that mini programs upload.
const IMAGE: &str = "image";

// WeChat's customary figures; the spec names none.
const UPLOAD: Rule = Rule::post("media/upload", 100_000).for_all();
const GET: Rule = Rule::get("media/get", 200_000).for_all();

/// `cgi-bin/media/upload`.
pub(super) fn upload_route() -> Route {
    Route {
        rule: UPLOAD,
        handler: any(upload),
    }
}

/// `cgi-bin/media/get`.
pub(super) fn get_route() -> Route {
    Route {
        rule: GET,
        handler: any(get),
    }
}

/// POST `cgi-bin/media/upload`: part `media` of a multipart body; `type` in query or body.
async fn upload(State(kaibo): State<Kaibo>, request: Request) -> Response {
    let mut visit = Visit::begin(kaibo, UPLOAD, &request);
    let outcome = take_in(&mut visit, request).await;
    visit.answer(outcome)
}

/// GET `cgi-bin/media/get`: the image itself.
async fn get(State(kaibo): State<Kaibo>, request: Request) -> Response {
    let mut visit = Visit::begin(kaibo, GET, &request);
    let found = find(&mut visit, request).await;
    visit.answer_with(found.map(|found| {
        let disposition = found.disposition();
        let headers = [
            (CONTENT_TYPE, found.mime.as_str()),
            (CONTENT_DISPOSITION, disposition.as_str()),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (CACHE_CONTROL, "no-store"),
        ];
        (headers, found.bytes).into_response()
    }))
}

async fn take_in(visit: &mut Visit, request: Request) -> Result<Answer, Fault> {
    let query = Params::from_query(request.uri().query().unwrap_or_default())?;
    let app_id = visit.let_in(request.method(), &query).await?;
    let (parts, body) = request.into_parts();
    let body = read_body(body, MAX_UPLOAD_BYTES)
        .await?
        .ok_or(Fault::Refused(Refusal::Image(ImageRefusal::TooLarge)))?;
    let form = UploadForm::read(parts, body).await;
    let kind = match query.text("type")? {
        Some(kind) => Some(kind),
        None => form.kind,
    };
    if kind.as_deref() != Some(IMAGE) {
        return Err(CallFault::MediaType.into());
    }
    let file = form.file.ok_or(CallFault::MediaMissing)?;
    let image = visit.kaibo.upload_image(&app_id, file).await?;
    Ok(Answer::ok()
        .with("type", IMAGE)
        .with("media_id", image.media_id)
        .with("created_at", image.created_at.div_euclid(1_000)))
}

async fn find(visit: &mut Visit, request: Request) -> Result<Found, Fault> {
    let query = Params::from_query(request.uri().query().unwrap_or_default())?;
    let app_id = visit.let_in(request.method(), &query).await?;
    let media_id = query.text("media_id")?.ok_or(CallFault::MediaUnknown)?;
    let found = visit.kaibo.image_by_media_id(&app_id, &media_id).await?;
    let (mime, bytes) = found.ok_or(CallFault::MediaUnknown)?;
    Ok(Found {
        media_id,
        mime,
        bytes,
    })
}

struct Found {
    media_id: String,
    mime: String,
    bytes: Bytes,
}

impl Found {
    /// With a file name in quotes: WxJava takes no file without one.
    fn disposition(&self) -> String {
        let extension = match self.mime.as_str() {
            "image/png" => "png",
            "image/gif" => "gif",
            _ => "jpg",
        };
        format!("attachment; filename=\"{}.{extension}\"", self.media_id)
    }
}

/// What an upload's body held; a body that is no multipart held nothing.
#[derive(Default)]
struct UploadForm {
    file: Option<Bytes>,
    /// EasyWeChat sends `type` here.
    kind: Option<String>,
}

impl UploadForm {
    async fn read(parts: Parts, body: Bytes) -> Self {
        let mut form = Self::default();
        let mut request = Request::from_parts(parts, Body::from(body));
        // The cap was applied when the body was read.
        DefaultBodyLimit::disable().apply(&mut request);
        let Ok(mut multipart) = Multipart::from_request(request, &()).await else {
            return form;
        };
        while let Ok(Some(field)) = multipart.next_field().await {
            match field.name() {
                Some("type") => form.kind = field.text().await.ok(),
                // The documented name, or whatever part is a file.
                Some("media") => form.file = field.bytes().await.ok(),
                _ if form.file.is_none() && field.file_name().is_some() => {
                    form.file = field.bytes().await.ok();
                }
                _ => {}
            }
        }
        form
    }
}
