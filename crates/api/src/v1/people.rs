//! An app's anchors and images, for the console.

use std::sync::Arc;

use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path, State};
use kaibo_app::Anchor;
use kaibo_domain::anchor::Verification;
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
    /// `pending` or `verified`.
    #[schema(example = "verified")]
    state: &'static str,
    requested_at: i64,
    #[schema(required)]
    verified_at: Option<i64>,
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

/// An app's anchors, those that wait first
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
    Ok(Json(anchors.map(AnchorView::from).collect()))
}

/// Makes a person a verified anchor
#[utoipa::path(
    post, path = "/apps/{appid}/anchors/{wechatId}/verify", tag = "anchors",
    operation_id = "verifyAnchor",
    params(("appid" = String, Path), ("wechatId" = String, Path)),
    responses(
        (status = 200, body = AnchorView),
        (status = 404, description = "`app_not_found`; `anchor_not_found`: not a WeChat id"),
    )
)]
pub(crate) async fn verify_anchor(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    Path((_, wechat_id)): Path<(String, String)>,
) -> ApiResult<Json<AnchorView>> {
    let anchor = api.kaibo.verify_anchor(&app_id, &wechat_id).await?;
    Ok(Json(anchor.into()))
}

/// Takes in an image
#[utoipa::path(
    post, path = "/apps/{appid}/media", tag = "media", operation_id = "uploadImage",
    params(("appid" = String, Path)),
    request_body(content = MediaForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = MediaView),
        (status = 404, description = "`app_not_found`"),
        (status = 422, description = "`media`: `required`, `image_too_large`, `image_format`"),
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

impl From<Anchor> for AnchorView {
    fn from(anchor: Anchor) -> Self {
        Self {
            wechat_id: anchor.wechat_id,
            state: match anchor.state {
                Verification::Pending => "pending",
                Verification::Verified => "verified",
            },
            requested_at: anchor.requested_at,
            verified_at: anchor.verified_at,
        }
    }
}
