//! An app's goods: list, make, edit, submit, decide, and what holds for all of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use kaibo_app::{GoodsQuery, GoodsSetting};
use kaibo_domain::goods::{Audit, Decision, Goods, GoodsDraft, Origin, Price};
use kaibo_domain::id::AuditId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::image_path;
use crate::auth::{AppPath, GoodsPath};
use crate::body::{JsonBody, bad_request};
use crate::caller::Caller;
use crate::error::{ApiError, ApiResult};
use crate::state::ApiState;

/// Largest page of goods.
const MAX_LIMIT: i64 = 100;
/// Longest reason of a rejection, in characters.
const MAX_REASON: usize = 200;

/// Which goods to list.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListQuery {
    /// Goods to skip.
    #[serde(default)]
    offset: i64,
    /// Most goods to give, 1 to 100.
    #[serde(default = "default_limit")]
    limit: i64,
    /// State of their audit, 0 to 3; all when left out.
    audit_status: Option<i64>,
}

fn default_limit() -> i64 {
    20
}

/// A page of goods, the latest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct GoodsPage {
    /// Goods in all.
    total: i64,
    goods: Vec<GoodsView>,
}

/// Goods in a library. Prices are in fen, times in Unix milliseconds.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GoodsView {
    #[schema(example = 1_234_567)]
    goods_id: i64,
    name: String,
    cover_url: String,
    /// 1: one price, 2: from `priceFen` to `price2Fen`, 3: `price2Fen` instead of `priceFen`.
    price_type: i64,
    #[schema(example = 5990)]
    price_fen: i64,
    /// 0 with one price.
    price2_fen: i64,
    /// Page of the mini program, with a query.
    url: String,
    /// The mini program of the page, when not the app's own.
    third_party_appid: String,
    /// Keys of the page's query that name the goods; none: the app's.
    goods_key: Vec<String>,
    /// `api` or `console`: where they were made, and may be edited.
    #[schema(value_type = String, example = "api")]
    origin: Origin,
    /// 0 not submitted, 1 in audit, 2 approved, 3 rejected.
    audit_status: i64,
    /// The last submission.
    #[schema(required)]
    audit_id: Option<i64>,
    #[schema(required)]
    submitted_at: Option<i64>,
    #[schema(required)]
    decided_at: Option<i64>,
    /// Why they were rejected.
    #[schema(required)]
    rejection: Option<RejectionView>,
    created_at: i64,
}

/// Why goods were rejected.
#[derive(Serialize, ToSchema)]
pub(crate) struct RejectionView {
    /// `word.forbidden`, `word.absolute_claim`, `word.medical_claim`, `word.operator`,
    /// `image.unreadable`, `image.too_small` or `manual`.
    #[schema(example = "word.absolute_claim")]
    rule: String,
    /// What to mend, for people.
    reason: String,
}

/// What goods are to be.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GoodsForm {
    /// 6 to 28 half-width units (a Chinese character counts two).
    #[serde(default)]
    name: String,
    /// A media id, or the address that goods show: at most 300 × 300 pixels.
    #[serde(default)]
    cover: String,
    /// 1: one price, 2: from `priceFen` to `price2Fen`, 3: `price2Fen` instead of `priceFen`.
    price_type: i64,
    /// In fen.
    price_fen: i64,
    /// In fen; with one price it may be left out.
    price2_fen: Option<i64>,
    /// Page of the mini program, with a query.
    #[serde(default)]
    url: String,
    /// The mini program of the page, when not the app's own.
    #[serde(default)]
    third_party_appid: String,
    /// Keys of the page's query that name the goods; none: the app's.
    #[serde(default)]
    goods_key: Vec<String>,
}

/// A person's decision against goods.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RejectForm {
    /// What to mend; 1 to 200 characters.
    #[serde(default)]
    reason: String,
}

/// What holds for all goods of an app.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GoodsSettingView {
    /// Keys of a page's query that name its goods.
    goods_key: Vec<String>,
    /// Pages of the mini program that goods may name; none: any.
    pages: Vec<String>,
    /// Goods are switched off for the app.
    disabled: bool,
}

/// An app's goods
#[utoipa::path(
    get, path = "/apps/{appid}/goods", tag = "goods", operation_id = "listGoods",
    params(("appid" = String, Path), ListQuery),
    responses((status = 200, body = GoodsPage), (status = 404, description = "`app_not_found`"))
)]
pub(crate) async fn list(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> ApiResult<Json<GoodsPage>> {
    let Query(query) = query.map_err(|_| bad_request())?;
    let audit = match query.audit_status {
        None => None,
        Some(number) => Some(Audit::of(number).ok_or_else(bad_request)?),
    };
    let query = GoodsQuery {
        audit,
        offset: query.offset.max(0),
        limit: query.limit.clamp(1, MAX_LIMIT),
    };
    let (total, goods) = api.kaibo.goods_page(&app_id, query).await?;
    let goods = goods.iter().map(GoodsView::of).collect();
    Ok(Json(GoodsPage { total, goods }))
}

/// Makes goods; they wait to be submitted
#[utoipa::path(
    post, path = "/apps/{appid}/goods", tag = "goods", operation_id = "createGoods",
    params(("appid" = String, Path)), request_body = GoodsForm,
    responses(
        (status = 201, body = GoodsView),
        (status = 403, description = "`goods_disabled`"),
        (status = 409, description = "`goods_limit`"),
        (status = 422, description = "`fields` names each rule that is broken"),
    )
)]
pub(crate) async fn create(
    State(api): State<Arc<ApiState>>,
    Extension(caller): Extension<Caller>,
    AppPath(app_id): AppPath,
    JsonBody(form): JsonBody<GoodsForm>,
) -> ApiResult<(StatusCode, Json<GoodsView>)> {
    let draft = form.into_draft()?;
    let goods = api.kaibo.add_goods(&app_id, draft, caller.origin(), false);
    Ok((StatusCode::CREATED, Json(GoodsView::of(&goods.await?))))
}

/// Goods
#[utoipa::path(
    get, path = "/apps/{appid}/goods/{goodsId}", tag = "goods", operation_id = "getGoods",
    params(("appid" = String, Path), ("goodsId" = i64, Path)),
    responses((status = 200, body = GoodsView), (status = 404, description = "`goods_not_found`"))
)]
pub(crate) async fn read(
    State(api): State<Arc<ApiState>>,
    path: GoodsPath,
) -> ApiResult<Json<GoodsView>> {
    let goods = api.kaibo.goods(&path.app_id, path.goods_id).await?;
    Ok(Json(GoodsView::of(&goods)))
}

/// Edits goods where they were made: of approved ones the price alone
///
/// The console edits what was made there, an app's own server what it made here or by WeChat's API.
#[utoipa::path(
    put, path = "/apps/{appid}/goods/{goodsId}", tag = "goods", operation_id = "editGoods",
    params(("appid" = String, Path), ("goodsId" = i64, Path)), request_body = GoodsForm,
    responses(
        (status = 200, body = GoodsView),
        (status = 404, description = "`goods_not_found`"),
        (status = 409, description = "`goods_in_audit`, `goods_only_price`, `goods_made_elsewhere`"),
        (status = 422, description = "`fields` names each rule that is broken"),
    )
)]
pub(crate) async fn edit(
    State(api): State<Arc<ApiState>>,
    Extension(caller): Extension<Caller>,
    path: GoodsPath,
    JsonBody(form): JsonBody<GoodsForm>,
) -> ApiResult<Json<GoodsView>> {
    let draft = form.into_draft()?;
    let edited = api
        .kaibo
        .edit_goods(&path.app_id, path.goods_id, draft, caller.origin());
    Ok(Json(GoodsView::of(&edited.await?)))
}

/// Deletes goods, from every shelf too
#[utoipa::path(
    delete, path = "/apps/{appid}/goods/{goodsId}", tag = "goods", operation_id = "deleteGoods",
    params(("appid" = String, Path), ("goodsId" = i64, Path)),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "`goods_not_found`"),
        (status = 409, description = "`goods_in_audit`"),
    )
)]
pub(crate) async fn delete(
    State(api): State<Arc<ApiState>>,
    Extension(caller): Extension<Caller>,
    path: GoodsPath,
) -> ApiResult<StatusCode> {
    let deleted = api
        .kaibo
        .delete_goods(&path.app_id, path.goods_id, caller.origin());
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Submits goods to their audit
#[utoipa::path(
    post, path = "/apps/{appid}/goods/{goodsId}/submit", tag = "goods",
    operation_id = "submitGoods",
    params(("appid" = String, Path), ("goodsId" = i64, Path)),
    responses(
        (status = 200, body = GoodsView),
        (status = 404, description = "`goods_not_found`"),
        (status = 409, description = "`goods_not_submittable`, `goods_made_elsewhere`, `submission_limit`"),
    )
)]
pub(crate) async fn submit(
    State(api): State<Arc<ApiState>>,
    Extension(caller): Extension<Caller>,
    path: GoodsPath,
) -> ApiResult<Json<GoodsView>> {
    let submitted = api
        .kaibo
        .submit_goods(&path.app_id, path.goods_id, caller.origin());
    Ok(Json(GoodsView::of(&submitted.await?)))
}

/// Takes a submission back; it counts all the same
#[utoipa::path(
    post, path = "/apps/{appid}/goods/{goodsId}/withdraw", tag = "goods",
    operation_id = "withdrawGoods",
    params(("appid" = String, Path), ("goodsId" = i64, Path)),
    responses(
        (status = 200, body = GoodsView),
        (status = 404, description = "`goods_not_found`"),
        (status = 409, description = "`goods_not_in_audit`, `goods_made_elsewhere`"),
    )
)]
pub(crate) async fn withdraw(
    State(api): State<Arc<ApiState>>,
    Extension(caller): Extension<Caller>,
    path: GoodsPath,
) -> ApiResult<Json<GoodsView>> {
    let withdrawn = api
        .kaibo
        .withdraw_goods(&path.app_id, path.goods_id, None, caller.origin());
    Ok(Json(GoodsView::of(&withdrawn.await?)))
}

/// The submission that is meant.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DecideQuery {
    /// Only this submission, and no later one of the same goods. Left out: whichever it is.
    audit_id: Option<i64>,
}

/// Approves goods that are in audit
#[utoipa::path(
    post, path = "/apps/{appid}/goods/{goodsId}/approve", tag = "goods",
    operation_id = "approveGoods",
    params(("appid" = String, Path), ("goodsId" = i64, Path), DecideQuery),
    responses(
        (status = 200, body = GoodsView),
        (status = 404, description = "`goods_not_found`"),
        (status = 409, description = "`goods_not_in_audit`"),
    )
)]
pub(crate) async fn approve(
    State(api): State<Arc<ApiState>>,
    path: GoodsPath,
    query: Result<Query<DecideQuery>, QueryRejection>,
) -> ApiResult<Json<GoodsView>> {
    let Query(query) = query.map_err(|_| bad_request())?;
    decide(&api, &path, &query, Decision::Approved).await
}

/// Rejects goods that are in audit
#[utoipa::path(
    post, path = "/apps/{appid}/goods/{goodsId}/reject", tag = "goods",
    operation_id = "rejectGoods",
    params(("appid" = String, Path), ("goodsId" = i64, Path), DecideQuery), request_body = RejectForm,
    responses(
        (status = 200, body = GoodsView),
        (status = 404, description = "`goods_not_found`"),
        (status = 409, description = "`goods_not_in_audit`"),
        (status = 422, description = "`reason`: `required`, `reason_too_long`"),
    )
)]
pub(crate) async fn reject(
    State(api): State<Arc<ApiState>>,
    path: GoodsPath,
    query: Result<Query<DecideQuery>, QueryRejection>,
    JsonBody(form): JsonBody<RejectForm>,
) -> ApiResult<Json<GoodsView>> {
    let Query(query) = query.map_err(|_| bad_request())?;
    let reason = form.reason.trim();
    if reason.is_empty() {
        return Err(ApiError::invalid("reason", "required"));
    }
    if reason.chars().count() > MAX_REASON {
        return Err(ApiError::invalid("reason", "reason_too_long"));
    }
    decide(&api, &path, &query, Decision::by_hand(reason)).await
}

/// What holds for all goods of an app
#[utoipa::path(
    get, path = "/apps/{appid}/goods-setting", tag = "goods", operation_id = "getGoodsSetting",
    params(("appid" = String, Path)),
    responses(
        (status = 200, body = GoodsSettingView),
        (status = 404, description = "`app_not_found`"),
    )
)]
pub(crate) async fn setting(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
) -> ApiResult<Json<GoodsSettingView>> {
    Ok(Json(api.kaibo.goods_setting(&app_id).await?.into()))
}

/// Sets what holds for all goods of an app
#[utoipa::path(
    put, path = "/apps/{appid}/goods-setting", tag = "goods", operation_id = "setGoodsSetting",
    params(("appid" = String, Path)), request_body = GoodsSettingView,
    responses(
        (status = 204, description = "Set"),
        (status = 404, description = "`app_not_found`"),
        (status = 422, description = "`goodsKey`, `url`: `text_too_long`, `text_bad_characters`"),
    )
)]
pub(crate) async fn set_setting(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    JsonBody(form): JsonBody<GoodsSettingView>,
) -> ApiResult<StatusCode> {
    let setting = GoodsSetting {
        goods_key: form.goods_key,
        pages: form.pages,
        disabled: form.disabled,
    };
    api.kaibo.set_goods_setting(&app_id, setting).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn decide(
    api: &ApiState,
    path: &GoodsPath,
    query: &DecideQuery,
    decision: Decision,
) -> ApiResult<Json<GoodsView>> {
    let audit_id = query.audit_id.map(AuditId);
    let decided = api
        .kaibo
        .decide_submission(&path.app_id, path.goods_id, audit_id, decision);
    Ok(Json(GoodsView::of(&decided.await?)))
}

impl GoodsForm {
    fn into_draft(self) -> ApiResult<GoodsDraft> {
        let price = Price::of(self.price_type, self.price_fen, self.price2_fen);
        let missing = if matches!(self.price_type, 2 | 3) {
            ("price2Fen", "required")
        } else {
            ("priceType", "price_type_unknown")
        };
        Ok(GoodsDraft {
            price: price.ok_or_else(|| ApiError::invalid(missing.0, missing.1))?,
            name: self.name,
            cover: self.cover,
            url: self.url,
            third_party_appid: self.third_party_appid,
            goods_key: self.goods_key,
        })
    }
}

impl GoodsView {
    /// As the library has them.
    pub(crate) fn of(goods: &Goods) -> Self {
        let draft = &goods.draft;
        let (price_fen, price2_fen) = draft.price.amounts();
        Self {
            goods_id: goods.id.0,
            name: draft.name.clone(),
            cover_url: image_path(&draft.cover),
            price_type: draft.price.kind(),
            price_fen,
            price2_fen,
            url: draft.url.clone(),
            third_party_appid: draft.third_party_appid.clone(),
            goods_key: draft.goods_key.clone(),
            origin: goods.origin,
            audit_status: goods.audit.number(),
            audit_id: goods.audit_id.map(|id| id.0),
            submitted_at: goods.submitted_at,
            decided_at: goods.decided_at,
            rejection: goods.rejection.as_ref().map(|why| RejectionView {
                rule: why.rule.clone(),
                reason: why.reason.clone(),
            }),
            created_at: goods.created_at,
        }
    }
}

impl From<GoodsSetting> for GoodsSettingView {
    fn from(setting: GoodsSetting) -> Self {
        Self {
            goods_key: setting.goods_key,
            pages: setting.pages,
            disabled: setting.disabled,
        }
    }
}
