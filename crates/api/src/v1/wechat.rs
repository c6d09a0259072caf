//! An app's account with WeChat itself: the AppID and AppSecret of the mini program behind it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kaibo_app::WechatState;
use kaibo_domain::wechat::TokenTrouble;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::AppPath;
use crate::body::JsonBody;
use crate::error::ApiResult;
use crate::state::ApiState;

/// An account as somebody sets it.
#[derive(Deserialize, ToSchema)]
pub(crate) struct WechatForm {
    /// The mini program's AppID. Left out or null: as it is, at first the app's own id.
    #[schema(example = "wx0123456789abcdef")]
    appid: Option<String>,
    /// Its AppSecret, which is not shown again. Left out or null: as it is.
    secret: Option<String>,
}

/// An account, without its secret, and what became of the last purchase of an access token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WechatView {
    #[schema(example = "wx0123456789abcdef")]
    appid: String,
    /// When the AppSecret was set.
    set_at: i64,
    /// When an access token was bought last.
    #[schema(required)]
    bought_at: Option<i64>,
    /// When that token is over; another is bought before, with the next call.
    #[schema(required)]
    expires_at: Option<i64>,
    /// Why the last purchase gave none; null: it went well, or there was none.
    #[schema(required)]
    problem: Option<ProblemView>,
}

/// Why WeChat sold no access token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProblemView {
    /// `appid_unknown`, `secret_wrong`, `secret_frozen`, `address_not_allowed`, `quota_used_up`,
    /// `refused` or `unreachable`.
    #[schema(example = "address_not_allowed")]
    kind: &'static str,
    at: i64,
    /// What is wrong and what to do.
    text: String,
    /// With `address_not_allowed`: what to add to WeChat's allow-list.
    #[schema(required)]
    address: Option<String>,
}

impl From<WechatState> for WechatView {
    fn from(state: WechatState) -> Self {
        let failed_at = state.failed_at.unwrap_or_default();
        Self {
            appid: state.appid,
            set_at: state.set_at,
            bought_at: state.bought_at,
            expires_at: state.expires_at,
            problem: state.trouble.map(|trouble| problem(trouble, failed_at)),
        }
    }
}

fn problem(trouble: TokenTrouble, at: i64) -> ProblemView {
    let text = trouble.to_string();
    let (kind, address) = match trouble {
        TokenTrouble::AppidUnknown => ("appid_unknown", None),
        TokenTrouble::SecretWrong => ("secret_wrong", None),
        TokenTrouble::SecretFrozen => ("secret_frozen", None),
        TokenTrouble::AddressNotAllowed { address } => ("address_not_allowed", Some(address)),
        TokenTrouble::QuotaUsedUp => ("quota_used_up", None),
        TokenTrouble::Refused { .. } => ("refused", None),
        TokenTrouble::Unreachable { .. } => ("unreachable", None),
    };
    ProblemView {
        kind,
        at,
        text,
        address,
    }
}

/// An app's account with WeChat, if it has one
#[utoipa::path(
    get, path = "/apps/{appid}/wechat", tag = "apps", operation_id = "getWechat",
    params(("appid" = String, Path)),
    responses(
        (status = 200, body = Option<WechatView>),
        (status = 404, description = "`app_not_found`"),
    )
)]
pub(crate) async fn read(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
) -> ApiResult<Json<Option<WechatView>>> {
    let state = api.kaibo.wechat_state(&app_id).await?;
    Ok(Json(state.map(WechatView::from)))
}

/// Sets an app's account with WeChat
///
/// An access token is bought at once, so that the answer tells whether the account is good. From
/// then on Kaibo is the one holder of the mini program's stable access token.
#[utoipa::path(
    put, path = "/apps/{appid}/wechat", tag = "apps", operation_id = "setWechat",
    params(("appid" = String, Path)), request_body = WechatForm,
    responses(
        (status = 200, body = WechatView),
        (status = 404, description = "`app_not_found`"),
        (status = 422, description = "`appid`: `wechat_appid_form`; `secret`: \
            `wechat_secret_form`"),
    )
)]
pub(crate) async fn set(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    JsonBody(form): JsonBody<WechatForm>,
) -> ApiResult<Json<WechatView>> {
    let (appid, secret) = (form.appid.as_deref(), form.secret.as_deref());
    let set = api.kaibo.set_wechat(&app_id, appid, secret).await?;
    Ok(Json(set.into()))
}

/// Forgets an app's account with WeChat
#[utoipa::path(
    delete, path = "/apps/{appid}/wechat", tag = "apps", operation_id = "deleteWechat",
    params(("appid" = String, Path)),
    responses(
        (status = 204),
        (status = 404, description = "`app_not_found`, `wechat_not_set`"),
    )
)]
pub(crate) async fn drop(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
) -> ApiResult<StatusCode> {
    api.kaibo.drop_wechat(&app_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
