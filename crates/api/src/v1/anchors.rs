//! An app's anchors and images, for the console.

use std::sync::Arc;

use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path, State};
use kaibo_app::{AnchorFile, Submission};
use kaibo_domain::anchor::Standing;
use kaibo_domain::identity::{SubmissionState, masked_number};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::image_path;
use crate::auth::AppPath;
use crate::body::{bad_request, read_upload};
use crate::error::ApiResult;
use crate::state::ApiState;

/// Who may broadcast, or asked to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AnchorView {
    wechat_id: String,
    /// `pending`, `submitted`, `rejected`, `verified`, or `due`: it was verified, and is to be
    /// looked at again.
    #[schema(example = "verified")]
    state: &'static str,
    /// Page on which the person shows who they are; for this person alone.
    verify_url: String,
    requested_at: i64,
    #[schema(required)]
    verified_at: Option<i64>,
    /// When it is to be looked at again.
    #[schema(required)]
    due_at: Option<i64>,
    /// What they submitted last.
    #[schema(required)]
    submission: Option<SubmissionView>,
}

/// What somebody submitted, with the number masked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SubmissionView {
    id: i64,
    /// `open`, `approved` or `rejected`.
    #[schema(example = "open")]
    state: &'static str,
    name: String,
    #[schema(example = "110*************2X")]
    number_masked: String,
    age: i16,
    /// Who agreed, where the person is not of full age.
    #[schema(required)]
    guardian: Option<String>,
    submitted_at: i64,
    #[schema(required)]
    decided_at: Option<i64>,
    #[schema(required)]
    decided_by: Option<String>,
    /// Why it was sent back.
    #[schema(required)]
    reason: Option<String>,
}

/// A stored image.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MediaView {
    /// Names the image in a RoomForm for three days.
    media_id: String,
    /// Its lasting path.
    url: String,
    width: i32,
    height: i32,
}

/// The form of an upload.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the multipart body in the OpenAPI document only"
)]
pub(crate) struct MediaForm {
    /// PNG, JPEG or GIF of at most 2 MiB.
    #[schema(value_type = String, format = Binary)]
    media: Vec<u8>,
}

/// An app's anchors, those that wait for a decision first
#[utoipa::path(
    get, path = "/apps/{appid}/anchors", tag = "anchors", operation_id = "listAnchors",
    params(("appid" = String, Path)),
    responses((status = 200, body = [AnchorView]), (status = 404, description = "`app_not_found`"))
)]
pub(crate) async fn anchors(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
) -> ApiResult<Json<Vec<AnchorView>>> {
    let anchors = api.kaibo.anchors(&app_id).await?.into_iter();
    Ok(Json(anchors.map(|file| view(&api, file)).collect()))
}

/// Makes a person a verified anchor, without anything submitted
#[utoipa::path(
    post, path = "/apps/{appid}/anchors/{wechatId}/verify", tag = "anchors",
    operation_id = "verifyAnchor",
    params(("appid" = String, Path), ("wechatId" = String, Path)),
    responses(
        (status = 200, body = AnchorView),
        (status = 404, description = "`app_not_found`; `anchor_not_found`: not a WeChat id"),
        (status = 409, description = "`role_limit`"),
    )
)]
pub(crate) async fn verify_anchor(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    Path((_, wechat_id)): Path<(String, String)>,
) -> ApiResult<Json<AnchorView>> {
    api.kaibo.verify_anchor(&app_id, &wechat_id).await?;
    let file = api.kaibo.anchor(&app_id, &wechat_id).await?;
    Ok(Json(view(&api, file)))
}

/// Takes in an image
#[utoipa::path(
    post, path = "/apps/{appid}/media", tag = "media", operation_id = "uploadImage",
    params(("appid" = String, Path)),
    request_body(content = MediaForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = MediaView),
        (status = 404, description = "`app_not_found`"),
        (status = 422, description = "`media`: `required`, `image_too_large`, `image_too_many_pixels`, `image_format`"),
    )
)]
pub(crate) async fn upload_image(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    form: Result<Multipart, MultipartRejection>,
) -> ApiResult<Json<MediaView>> {
    let bytes = read_upload(form.map_err(|_| bad_request())?).await?;
    let image = api.kaibo.upload_image(&app_id, bytes).await?;
    let url = image_path(&image.name);
    Ok(Json(MediaView {
        media_id: image.media_id,
        url,
        width: image.width,
        height: image.height,
    }))
}

/// A standing's name on `/v1`.
pub(crate) fn standing_name(standing: Standing) -> &'static str {
    match standing {
        Standing::Pending => "pending",
        Standing::Submitted => "submitted",
        Standing::Rejected => "rejected",
        Standing::Verified => "verified",
        Standing::Due => "due",
    }
}

pub(crate) fn view(api: &ApiState, file: AnchorFile) -> AnchorView {
    let anchor = file.anchor;
    AnchorView {
        state: standing_name(file.standing),
        verify_url: api.kaibo.verification_url(&anchor.token),
        wechat_id: anchor.wechat_id,
        requested_at: anchor.requested_at,
        verified_at: anchor.verified_at,
        due_at: anchor.due_at,
        submission: file.submission.map(|sent| submission_view(sent, file.age)),
    }
}

fn submission_view(sent: Submission, age: i16) -> SubmissionView {
    let (state, reason) = match sent.state {
        SubmissionState::Open => ("open", None),
        SubmissionState::Approved => ("approved", None),
        SubmissionState::Rejected { reason } => ("rejected", Some(reason)),
    };
    SubmissionView {
        id: sent.id,
        state,
        number_masked: masked_number(&sent.identity.number),
        age,
        name: sent.identity.name,
        guardian: sent.identity.guardian,
        submitted_at: sent.submitted_at,
        decided_at: sent.decided_at,
        decided_by: sent.decided_by,
        reason,
    }
}
