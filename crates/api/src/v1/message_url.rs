//! An app's message URL: where the events go that WeChat has.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use kaibo_app::MessageUrl;
use kaibo_domain::endpoint::{MessageFormat, MessageSettings};
use kaibo_domain::id::AppId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::webhooks::{self, DeliveryPath, DeliveryQuery, DeliveryView};
use crate::auth::AppPath;
use crate::body::{JsonBody, bad_request};
use crate::error::{ApiError, ApiResult};
use crate::state::ApiState;

/// A message URL as somebody sets it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageUrlForm {
    /// http or https.
    url: String,
    /// 3 to 32 letters and digits. Left out or null: as it is.
    token: Option<String>,
    /// 43 letters and digits: bodies are encrypted ("safe mode"). Empty: they are not. Left out or
    /// null: as it is.
    encoding_aes_key: Option<String>,
    /// `xml` or `json`.
    #[serde(default)]
    #[schema(value_type = String, example = "xml")]
    format: MessageFormat,
    /// The account's original id.
    #[schema(example = "gh_0123456789ab")]
    original_id: String,
}

/// A message URL, without its secrets.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageUrlView {
    url: String,
    /// Bodies are encrypted.
    encrypted: bool,
    #[schema(value_type = String, example = "xml")]
    format: MessageFormat,
    original_id: String,
    /// Nothing arrived since then.
    #[schema(required)]
    failing_since: Option<i64>,
    /// Given up then, after three days in which nothing arrived. What it was not told of waits.
    #[schema(required)]
    disabled_at: Option<i64>,
}

impl From<MessageUrl> for MessageUrlView {
    fn from(it: MessageUrl) -> Self {
        Self {
            url: it.settings.url,
            encrypted: it.settings.aes_key.is_some(),
            format: it.settings.format,
            original_id: it.settings.original_id,
            failing_since: it.failing_since,
            disabled_at: it.disabled_at,
        }
    }
}

/// An app's message URL, if it has one
#[utoipa::path(
    get, path = "/apps/{appid}/message-url", tag = "webhooks", operation_id = "getMessageUrl",
    params(("appid" = String, Path)),
    responses(
        (status = 200, body = Option<MessageUrlView>),
        (status = 404, description = "`app_not_found`"),
    )
)]
pub(crate) async fn read(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
) -> ApiResult<Json<Option<MessageUrlView>>> {
    let found = api.kaibo.message_url(&app_id).await?;
    Ok(Json(found.map(MessageUrlView::from)))
}

/// Sets an app's message URL
///
/// It is asked to show that it knows its token, as WeChat asks: a GET with `signature`,
/// `timestamp`, `nonce` and `echostr`, which it gives back.
#[utoipa::path(
    put, path = "/apps/{appid}/message-url", tag = "webhooks", operation_id = "setMessageUrl",
    params(("appid" = String, Path)), request_body = MessageUrlForm,
    responses(
        (status = 200, body = MessageUrlView),
        (status = 404, description = "`app_not_found`"),
        (status = 409, description = "`message_url_failed`; `detail` says what happened"),
        (status = 422, description = "`url`: `url_invalid`; `token`: `token_form`; \
            `encodingAesKey`: `aes_key_form`; `originalId`: `original_id_form`"),
    )
)]
pub(crate) async fn set(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    JsonBody(form): JsonBody<MessageUrlForm>,
) -> ApiResult<Json<MessageUrlView>> {
    let before = api.kaibo.message_url(&app_id).await?;
    let before = before.map(|before| before.settings);
    let kept = before.as_ref().map(|before| before.token.clone());
    let aes_key = match form.encoding_aes_key {
        Some(key) => Some(key).filter(|key| !key.is_empty()),
        None => before.and_then(|before| before.aes_key),
    };
    let settings = MessageSettings {
        url: form.url.trim().to_owned(),
        token: form.token.or(kept).unwrap_or_default(),
        aes_key,
        format: form.format,
        original_id: form.original_id.trim().to_owned(),
    };
    let set = api.kaibo.set_message_url(&app_id, settings).await?;
    Ok(Json(set.into()))
}

/// Forgets an app's message URL, and what waits for it
#[utoipa::path(
    delete, path = "/apps/{appid}/message-url", tag = "webhooks",
    operation_id = "deleteMessageUrl", params(("appid" = String, Path)),
    responses((status = 204), (status = 404, description = "`endpoint_not_found`"))
)]
pub(crate) async fn drop(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
) -> ApiResult<StatusCode> {
    let id = id_of(&api, &app_id).await?;
    api.kaibo.drop_endpoint(&app_id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Enables a message URL that was given up; what waits for it is tried at once
#[utoipa::path(
    post, path = "/apps/{appid}/message-url/enable", tag = "webhooks",
    operation_id = "enableMessageUrl", params(("appid" = String, Path)),
    responses((status = 204), (status = 404, description = "`endpoint_not_found`"))
)]
pub(crate) async fn enable(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
) -> ApiResult<StatusCode> {
    let id = id_of(&api, &app_id).await?;
    api.kaibo.enable_endpoint(&app_id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a message URL was told, or is to be
#[utoipa::path(
    get, path = "/apps/{appid}/message-url/deliveries", tag = "webhooks",
    operation_id = "listMessages", params(("appid" = String, Path), DeliveryQuery),
    responses(
        (status = 200, body = [DeliveryView]),
        (status = 404, description = "`endpoint_not_found`"),
    )
)]
pub(crate) async fn deliveries(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    query: Result<Query<DeliveryQuery>, QueryRejection>,
) -> ApiResult<Json<Vec<DeliveryView>>> {
    let Query(query) = query.map_err(|_| bad_request())?;
    let id = id_of(&api, &app_id).await?;
    webhooks::page(&api, &app_id, id, &query).await
}

/// Sends an event to a message URL once more
#[utoipa::path(
    post, path = "/apps/{appid}/message-url/deliveries/{deliveryId}", tag = "webhooks",
    operation_id = "resendMessage",
    params(("appid" = String, Path), ("deliveryId" = String, Path)),
    responses(
        (status = 204),
        (status = 404, description = "`endpoint_not_found`, `delivery_not_found`"),
    )
)]
pub(crate) async fn redeliver(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    DeliveryPath(delivery): DeliveryPath,
) -> ApiResult<StatusCode> {
    let id = id_of(&api, &app_id).await?;
    api.kaibo.redeliver(&app_id, id, &delivery).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn id_of(api: &ApiState, app_id: &AppId) -> ApiResult<i64> {
    let found = api.kaibo.message_url(app_id).await?;
    let found = found.ok_or_else(|| ApiError::not_found("endpoint_not_found"))?;
    Ok(found.id)
}
