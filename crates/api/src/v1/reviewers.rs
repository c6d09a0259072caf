//! Somebody outside who decides: an app's reviewer of goods and its verifier of anchors.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kaibo_app::{Reviewer, ReviewerKind};
use kaibo_domain::id::AppId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::AppPath;
use crate::body::JsonBody;
use crate::error::ApiResult;
use crate::state::ApiState;

/// Who is to decide.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ReviewerForm {
    /// https or http; about anchors https, but for listed private networks.
    #[schema(example = "https://review.example.com/kaibo")]
    url: String,
}

/// Who decides, without the secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReviewerView {
    url: String,
    made_at: i64,
    /// Nothing arrived since then.
    #[schema(required)]
    failing_since: Option<i64>,
    /// Given up then, until set again.
    #[schema(required)]
    disabled_at: Option<i64>,
}

/// Who decides, and the secret that is shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReviewerSecret {
    reviewer: ReviewerView,
    /// Signs questions, and opens decisions as `Authorization: Reviewer <secret>`.
    #[schema(example = "whsec_0123456789ABCDEFGHIJKLMNOPQRSTUV")]
    secret: String,
}

impl From<Reviewer> for ReviewerView {
    fn from(reviewer: Reviewer) -> Self {
        Self {
            url: reviewer.url,
            made_at: reviewer.made_at,
            failing_since: reviewer.failing_since,
            disabled_at: reviewer.disabled_at,
        }
    }
}

async fn read(
    api: &ApiState,
    app_id: &AppId,
    kind: ReviewerKind,
) -> ApiResult<Json<Option<ReviewerView>>> {
    let found = api.kaibo.reviewer(app_id, kind).await?;
    Ok(Json(found.map(ReviewerView::from)))
}

async fn set(
    api: &ApiState,
    app_id: &AppId,
    kind: ReviewerKind,
    form: ReviewerForm,
) -> ApiResult<Json<ReviewerSecret>> {
    let (reviewer, secret) = api.kaibo.set_reviewer(app_id, kind, &form.url).await?;
    let reviewer = reviewer.into();
    Ok(Json(ReviewerSecret { reviewer, secret }))
}

async fn drop(api: &ApiState, app_id: &AppId, kind: ReviewerKind) -> ApiResult<StatusCode> {
    api.kaibo.drop_reviewer(app_id, kind).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An app's reviewer of goods, if it has one
#[utoipa::path(
    get, path = "/apps/{appid}/goods-reviewer", tag = "webhooks",
    operation_id = "getGoodsReviewer", params(("appid" = String, Path)),
    responses(
        (status = 200, body = Option<ReviewerView>),
        (status = 404, description = "`app_not_found`"),
    )
)]
pub(crate) async fn read_goods(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
) -> ApiResult<Json<Option<ReviewerView>>> {
    read(&api, &app_id, ReviewerKind::Goods).await
}

/// Sets an app's reviewer of goods, with a new secret
///
/// Asked where the server's `goods.review` is `webhook`: a POST for each submission, signed as
/// webhooks are, to be answered 2xx within 5 s, with
/// `{"verdict": "approve" | "reject" | "pending", "reason", "rule"}` or later by `approve` and
/// `reject` of the goods.
#[utoipa::path(
    put, path = "/apps/{appid}/goods-reviewer", tag = "webhooks",
    operation_id = "setGoodsReviewer", params(("appid" = String, Path)),
    request_body = ReviewerForm,
    responses(
        (status = 200, body = ReviewerSecret),
        (status = 404, description = "`app_not_found`"),
        (status = 422, description = "`url`: `url_invalid`"),
    )
)]
pub(crate) async fn set_goods(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    JsonBody(form): JsonBody<ReviewerForm>,
) -> ApiResult<Json<ReviewerSecret>> {
    set(&api, &app_id, ReviewerKind::Goods, form).await
}

/// Takes an app's reviewer of goods away
#[utoipa::path(
    delete, path = "/apps/{appid}/goods-reviewer", tag = "webhooks",
    operation_id = "deleteGoodsReviewer", params(("appid" = String, Path)),
    responses((status = 204), (status = 404, description = "`endpoint_not_found`"))
)]
pub(crate) async fn drop_goods(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
) -> ApiResult<StatusCode> {
    drop(&api, &app_id, ReviewerKind::Goods).await
}

/// An app's verifier of anchors, if it has one
#[utoipa::path(
    get, path = "/apps/{appid}/anchor-verifier", tag = "webhooks",
    operation_id = "getAnchorVerifier", params(("appid" = String, Path)),
    responses(
        (status = 200, body = Option<ReviewerView>),
        (status = 404, description = "`app_not_found`"),
    )
)]
pub(crate) async fn read_anchors(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
) -> ApiResult<Json<Option<ReviewerView>>> {
    read(&api, &app_id, ReviewerKind::Anchors).await
}

/// Sets an app's verifier of anchors, with a new secret
///
/// Where anchors must be verified, each submission is sent there with its full number, which is noted as
/// a look at it is: a POST signed as webhooks are, tried for three days, to be answered 2xx within
/// 5 s with `{"verdict": "approve" | "reject" | "pending", "reason"}`. What is pending is decided in
/// the console. Submissions that are open already are sent too.
#[utoipa::path(
    put, path = "/apps/{appid}/anchor-verifier", tag = "webhooks",
    operation_id = "setAnchorVerifier", params(("appid" = String, Path)),
    request_body = ReviewerForm,
    responses(
        (status = 200, body = ReviewerSecret),
        (status = 404, description = "`app_not_found`"),
        (status = 422, description = "`url`: `url_invalid`"),
    )
)]
pub(crate) async fn set_anchors(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    JsonBody(form): JsonBody<ReviewerForm>,
) -> ApiResult<Json<ReviewerSecret>> {
    set(&api, &app_id, ReviewerKind::Anchors, form).await
}

/// Takes an app's verifier of anchors away
#[utoipa::path(
    delete, path = "/apps/{appid}/anchor-verifier", tag = "webhooks",
    operation_id = "deleteAnchorVerifier", params(("appid" = String, Path)),
    responses((status = 204), (status = 404, description = "`endpoint_not_found`"))
)]
pub(crate) async fn drop_anchors(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
) -> ApiResult<StatusCode> {
    drop(&api, &app_id, ReviewerKind::Anchors).await
}
