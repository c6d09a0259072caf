//! An app's webhooks, and what they were told.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRef, FromRequestParts, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use kaibo_app::{Delivery, Webhook};
use kaibo_domain::endpoint::WEBHOOK_EVENTS;
use kaibo_domain::id::AppId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::{AppPath, path_parameter};
use crate::body::{JsonBody, bad_request};
use crate::error::{ApiError, ApiResult};
use crate::state::ApiState;

/// Most rows of a page.
const MAX_LIMIT: i64 = 100;

/// A webhook.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookView {
    id: i64,
    url: String,
    /// What it is told of; all when empty.
    events: Vec<String>,
    created_at: i64,
    /// Nothing arrived since then.
    #[schema(required)]
    failing_since: Option<i64>,
    /// Given up then, after three days in which nothing arrived. What it was not told of waits.
    #[schema(required)]
    disabled_at: Option<i64>,
}

impl From<Webhook> for WebhookView {
    fn from(webhook: Webhook) -> Self {
        Self {
            id: webhook.id,
            url: webhook.url,
            events: webhook.events,
            created_at: webhook.made_at,
            failing_since: webhook.failing_since,
            disabled_at: webhook.disabled_at,
        }
    }
}

/// An app's webhooks.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookList {
    webhooks: Vec<WebhookView>,
    /// Every event that a webhook may ask for.
    events: Vec<&'static str>,
}

/// Where a webhook is, and what it is told of.
#[derive(Deserialize, ToSchema)]
pub(crate) struct WebhookForm {
    /// http or https.
    #[schema(example = "https://shop.example.com/kaibo")]
    url: String,
    /// Names of events; all when empty.
    #[serde(default)]
    events: Vec<String>,
}

/// What calls are signed with: `Kaibo-Signature: t=<seconds>,v1=<hex>` holds the HMAC-SHA-256 of
/// `<seconds>.<body>` under this text.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookSecret {
    id: i64,
    /// Shown this once.
    secret: String,
}

/// What an endpoint was told, or is to be.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryView {
    /// The same at each try; the receiver gets it as `Kaibo-Delivery`.
    id: String,
    /// Such as `room.status`.
    #[serde(rename = "type")]
    kind: String,
    /// `waiting`, `arrived` or `failed`.
    #[schema(example = "arrived")]
    state: &'static str,
    created_at: i64,
    tries: i64,
    #[schema(required)]
    tried_at: Option<i64>,
    /// When it is tried next.
    #[schema(required)]
    due_at: Option<i64>,
    /// Why the last try failed.
    #[schema(required)]
    error: Option<String>,
    /// What is sent.
    body: String,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        let state = match (delivery.done, delivery.due_at) {
            (true, _) => "arrived",
            (false, Some(_)) => "waiting",
            (false, None) => "failed",
        };
        Self {
            id: delivery.id,
            kind: delivery.kind,
            state,
            created_at: delivery.made_at,
            tries: delivery.tries,
            tried_at: delivery.tried_at,
            due_at: delivery.due_at,
            error: delivery.error,
            body: delivery.body,
        }
    }
}

/// Which deliveries to list, the latest first.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveryQuery {
    /// Deliveries to skip.
    #[serde(default)]
    pub(crate) offset: i64,
    /// Most deliveries to give, 1 to 100.
    #[serde(default = "default_limit")]
    pub(crate) limit: i64,
}

fn default_limit() -> i64 {
    20
}

/// A delivery that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryId {
    id: String,
}

/// App and number of `/v1/apps/{appid}/webhooks/{webhookId}/…`.
pub(crate) struct WebhookPath {
    pub(crate) app_id: AppId,
    pub(crate) id: i64,
}

impl<S> FromRequestParts<S> for WebhookPath
where
    Arc<ApiState>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let AppPath(app_id) = AppPath::from_request_parts(parts, state).await?;
        let id = path_parameter(parts, state, "webhookId").await;
        let id = id.and_then(|text| text.parse().ok());
        let id = id.ok_or_else(|| ApiError::not_found("endpoint_not_found"))?;
        Ok(Self { app_id, id })
    }
}

/// The `{deliveryId}` of a path.
pub(crate) struct DeliveryPath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for DeliveryPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let id = path_parameter(parts, state, "deliveryId").await;
        let id = id.filter(|text| text.len() <= 64);
        id.map(Self)
            .ok_or_else(|| ApiError::not_found("delivery_not_found"))
    }
}

/// An app's webhooks
#[utoipa::path(
    get, path = "/apps/{appid}/webhooks", tag = "webhooks", operation_id = "listWebhooks",
    params(("appid" = String, Path)),
    responses((status = 200, body = WebhookList), (status = 404, description = "`app_not_found`"))
)]
pub(crate) async fn list(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
) -> ApiResult<Json<WebhookList>> {
    let webhooks = api.kaibo.webhooks(&app_id).await?.into_iter();
    Ok(Json(WebhookList {
        webhooks: webhooks.map(WebhookView::from).collect(),
        events: WEBHOOK_EVENTS.to_vec(),
    }))
}

/// Makes a webhook
///
/// It is told what happens from now on: a POST with JSON, signed; any 2xx says that it arrived.
/// What does not is tried again for three days, of each room in order, under an id that stays.
#[utoipa::path(
    post, path = "/apps/{appid}/webhooks", tag = "webhooks", operation_id = "createWebhook",
    params(("appid" = String, Path)), request_body = WebhookForm,
    responses(
        (status = 201, body = WebhookSecret),
        (status = 404, description = "`app_not_found`"),
        (status = 409, description = "`webhook_limit`"),
        (status = 422, description = "`url`: `url_invalid`; `events`: `event_unknown`"),
    )
)]
pub(crate) async fn create(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    JsonBody(form): JsonBody<WebhookForm>,
) -> ApiResult<(StatusCode, Json<WebhookSecret>)> {
    let made = api.kaibo.create_webhook(&app_id, &form.url, form.events);
    let (webhook, secret) = made.await?;
    let id = webhook.id;
    Ok((StatusCode::CREATED, Json(WebhookSecret { id, secret })))
}

/// Changes a webhook
#[utoipa::path(
    put, path = "/apps/{appid}/webhooks/{webhookId}", tag = "webhooks",
    operation_id = "changeWebhook", request_body = WebhookForm,
    params(("appid" = String, Path), ("webhookId" = i64, Path)),
    responses(
        (status = 200, body = WebhookView),
        (status = 404, description = "`endpoint_not_found`"),
        (status = 422, description = "`url`: `url_invalid`; `events`: `event_unknown`"),
    )
)]
pub(crate) async fn change(
    State(api): State<Arc<ApiState>>,
    path: WebhookPath,
    JsonBody(form): JsonBody<WebhookForm>,
) -> ApiResult<Json<WebhookView>> {
    let changed = api
        .kaibo
        .change_webhook(&path.app_id, path.id, &form.url, form.events);
    Ok(Json(changed.await?.into()))
}

/// Deletes a webhook, and what waits for it
#[utoipa::path(
    delete, path = "/apps/{appid}/webhooks/{webhookId}", tag = "webhooks",
    operation_id = "deleteWebhook",
    params(("appid" = String, Path), ("webhookId" = i64, Path)),
    responses((status = 204), (status = 404, description = "`endpoint_not_found`"))
)]
pub(crate) async fn drop(
    State(api): State<Arc<ApiState>>,
    path: WebhookPath,
) -> ApiResult<StatusCode> {
    api.kaibo.webhook(&path.app_id, path.id).await?;
    api.kaibo.drop_endpoint(&path.app_id, path.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a webhook another secret
#[utoipa::path(
    post, path = "/apps/{appid}/webhooks/{webhookId}/secret", tag = "webhooks",
    operation_id = "renewWebhookSecret",
    params(("appid" = String, Path), ("webhookId" = i64, Path)),
    responses(
        (status = 200, body = WebhookSecret),
        (status = 404, description = "`endpoint_not_found`"),
    )
)]
pub(crate) async fn renew_secret(
    State(api): State<Arc<ApiState>>,
    path: WebhookPath,
) -> ApiResult<Json<WebhookSecret>> {
    let renewed = api.kaibo.renew_webhook_secret(&path.app_id, path.id);
    let secret = renewed.await?;
    let id = path.id;
    Ok(Json(WebhookSecret { id, secret }))
}

/// Enables a webhook that was given up; what waits for it is tried at once
#[utoipa::path(
    post, path = "/apps/{appid}/webhooks/{webhookId}/enable", tag = "webhooks",
    operation_id = "enableWebhook",
    params(("appid" = String, Path), ("webhookId" = i64, Path)),
    responses((status = 204), (status = 404, description = "`endpoint_not_found`"))
)]
pub(crate) async fn enable(
    State(api): State<Arc<ApiState>>,
    path: WebhookPath,
) -> ApiResult<StatusCode> {
    api.kaibo.enable_endpoint(&path.app_id, path.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a webhook a test, which stands in its log as every delivery does
#[utoipa::path(
    post, path = "/apps/{appid}/webhooks/{webhookId}/test", tag = "webhooks",
    operation_id = "testWebhook",
    params(("appid" = String, Path), ("webhookId" = i64, Path)),
    responses(
        (status = 202, body = DeliveryId),
        (status = 404, description = "`endpoint_not_found`"),
    )
)]
pub(crate) async fn test(
    State(api): State<Arc<ApiState>>,
    path: WebhookPath,
) -> ApiResult<(StatusCode, Json<DeliveryId>)> {
    let id = api.kaibo.test_webhook(&path.app_id, path.id).await?;
    Ok((StatusCode::ACCEPTED, Json(DeliveryId { id })))
}

/// What a webhook was told, or is to be
#[utoipa::path(
    get, path = "/apps/{appid}/webhooks/{webhookId}/deliveries", tag = "webhooks",
    operation_id = "listDeliveries",
    params(("appid" = String, Path), ("webhookId" = i64, Path), DeliveryQuery),
    responses(
        (status = 200, body = [DeliveryView]),
        (status = 404, description = "`endpoint_not_found`"),
    )
)]
pub(crate) async fn deliveries(
    State(api): State<Arc<ApiState>>,
    path: WebhookPath,
    query: Result<Query<DeliveryQuery>, QueryRejection>,
) -> ApiResult<Json<Vec<DeliveryView>>> {
    let Query(query) = query.map_err(|_| bad_request())?;
    page(&api, &path.app_id, path.id, &query).await
}

/// A page of an endpoint's deliveries.
pub(crate) async fn page(
    api: &ApiState,
    app_id: &AppId,
    id: i64,
    query: &DeliveryQuery,
) -> ApiResult<Json<Vec<DeliveryView>>> {
    let (offset, limit) = (query.offset.max(0), query.limit.clamp(1, MAX_LIMIT));
    let found = api.kaibo.deliveries(app_id, id, offset, limit).await?;
    Ok(Json(found.into_iter().map(DeliveryView::from).collect()))
}

/// Sends a delivery once more, under the same id
#[utoipa::path(
    post, path = "/apps/{appid}/webhooks/{webhookId}/deliveries/{deliveryId}", tag = "webhooks",
    operation_id = "redeliver",
    params(
        ("appid" = String, Path), ("webhookId" = i64, Path), ("deliveryId" = String, Path),
    ),
    responses((status = 204), (status = 404, description = "`delivery_not_found`"))
)]
pub(crate) async fn redeliver(
    State(api): State<Arc<ApiState>>,
    path: WebhookPath,
    DeliveryPath(delivery): DeliveryPath,
) -> ApiResult<StatusCode> {
    let again = api.kaibo.redeliver(&path.app_id, path.id, &delivery);
    again.await?;
    Ok(StatusCode::NO_CONTENT)
}
