//! An app's bots: they tell a group of people of trouble in their chat.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kaibo_app::Bot;
use kaibo_domain::alert::BotBrand;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::webhooks::WebhookPath;
use crate::auth::AppPath;
use crate::body::JsonBody;
use crate::error::{ApiError, ApiResult};
use crate::state::ApiState;

/// A bot, without its key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BotView {
    id: i64,
    /// `wecom`, `dingtalk` or `feishu`.
    #[schema(value_type = String, example = "wecom")]
    brand: BotBrand,
    /// Of its address the host alone: behind it stands its key.
    #[schema(example = "qyapi.weixin.qq.com")]
    host: String,
    created_at: i64,
    /// Nothing arrived since then.
    #[schema(required)]
    failing_since: Option<i64>,
    /// Given up then, until a test arrives.
    #[schema(required)]
    disabled_at: Option<i64>,
}

/// A bot to be.
#[derive(Deserialize, ToSchema)]
pub(crate) struct BotForm {
    /// `wecom`, `dingtalk` or `feishu`.
    #[schema(value_type = String, example = "dingtalk")]
    brand: BotBrand,
    /// As the chat gave it, with its key.
    #[schema(example = "https://oapi.dingtalk.com/robot/send?access_token=…")]
    url: String,
    /// What messages are signed with, where the bot wants that (钉钉, 飞书).
    secret: Option<String>,
}

impl From<Bot> for BotView {
    fn from(bot: Bot) -> Self {
        Self {
            id: bot.id,
            brand: bot.brand,
            host: bot.host,
            created_at: bot.made_at,
            failing_since: bot.failing_since,
            disabled_at: bot.disabled_at,
        }
    }
}

/// An app's bots, the oldest first
#[utoipa::path(
    get, path = "/apps/{appid}/bots", tag = "webhooks", operation_id = "listBots",
    params(("appid" = String, Path)),
    responses((status = 200, body = [BotView]), (status = 404, description = "`app_not_found`"))
)]
pub(crate) async fn list(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
) -> ApiResult<Json<Vec<BotView>>> {
    let bots = api.kaibo.bots(&app_id).await?;
    Ok(Json(bots.into_iter().map(BotView::from).collect()))
}

/// Makes a bot
///
/// Its group is told when a room on air has no stream, has ended for that, or is banned, and when an
/// endpoint for events was given up: of one kind and room once in five minutes.
#[utoipa::path(
    post, path = "/apps/{appid}/bots", tag = "webhooks", operation_id = "createBot",
    params(("appid" = String, Path)), request_body = BotForm,
    responses(
        (status = 201, body = BotView),
        (status = 404, description = "`app_not_found`"),
        (status = 409, description = "`webhook_limit`: an app has 5 at most"),
        (status = 422, description = "`url`: `url_invalid`"),
    )
)]
pub(crate) async fn create(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    JsonBody(form): JsonBody<BotForm>,
) -> ApiResult<(StatusCode, Json<BotView>)> {
    let secret = form.secret.as_deref();
    let made = api.kaibo.create_bot(&app_id, form.brand, &form.url, secret);
    Ok((StatusCode::CREATED, Json(made.await?.into())))
}

/// Forgets a bot
#[utoipa::path(
    delete, path = "/apps/{appid}/bots/{webhookId}", tag = "webhooks", operation_id = "deleteBot",
    params(("appid" = String, Path), ("webhookId" = i64, Path)),
    responses((status = 204), (status = 404, description = "`endpoint_not_found`"))
)]
pub(crate) async fn drop(
    State(api): State<Arc<ApiState>>,
    path: WebhookPath,
) -> ApiResult<StatusCode> {
    api.kaibo.drop_bot(&path.app_id, path.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a test by a bot, at once; one that was given up is enabled by it
#[utoipa::path(
    post, path = "/apps/{appid}/bots/{webhookId}/test", tag = "webhooks",
    operation_id = "testBot", params(("appid" = String, Path), ("webhookId" = i64, Path)),
    responses(
        (status = 204),
        (status = 404, description = "`endpoint_not_found`"),
        (status = 409, description = "`bot_failed`; `detail` says what happened"),
    )
)]
pub(crate) async fn test(
    State(api): State<Arc<ApiState>>,
    path: WebhookPath,
) -> ApiResult<StatusCode> {
    match api.kaibo.test_bot(&path.app_id, path.id).await? {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(why) => Err(ApiError::conflict("bot_failed").because(&why)),
    }
}
