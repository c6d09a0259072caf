//! Set-up, log-in and log-out of the console.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use kaibo_app::{AccountRefusal, Session, SignedIn};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{self, SignedInUser, begin_cookie, end_cookie};
use crate::body::JsonBody;
use crate::error::{ApiError, ApiResult};
use crate::peer::ClientIp;
use crate::state::ApiState;

/// A logged-in user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionView {
    #[schema(example = "owner")]
    name: String,
    /// Sent back as `X-CSRF-Token` with every change.
    csrf: String,
    /// `owner` or `operator`.
    #[schema(example = "owner")]
    role: &'static str,
    /// Nothing but one's own account opens until a second factor is on.
    must_enrol: bool,
    /// The apps the user may see.
    apps: Vec<AppName>,
}

/// An app.
#[derive(Serialize, ToSchema)]
struct AppName {
    #[schema(example = "wx0123456789abcdef")]
    appid: String,
    name: String,
}

/// The set-up link works.
#[derive(Serialize, ToSchema)]
pub(crate) struct SetupOpen {
    /// Always true.
    open: bool,
}

/// What makes the owner.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SetupForm {
    /// From the set-up link; works once.
    token: String,
    /// 1 to 64 visible characters.
    name: String,
    /// At least 10 characters.
    #[schema(min_length = 10)]
    password: String,
}

/// Name and password.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SignInForm {
    name: String,
    password: String,
    /// Of the second factor, or a recovery code, where the user has one.
    #[serde(default)]
    code: Option<String>,
}

/// Whether a set-up link still works
#[utoipa::path(
    get, path = "/setup", tag = "session", operation_id = "checkSetup",
    params(("Authorization" = String, Header, description = "`Setup <token>`: the token of the link")),
    responses(
        (status = 200, body = SetupOpen),
        (status = 404, description = "`setup_closed`"),
    )
)]
pub(crate) async fn check_setup(
    State(api): State<Arc<ApiState>>,
    headers: HeaderMap,
) -> ApiResult<Json<SetupOpen>> {
    let token = auth::credential(&headers, "setup").unwrap_or_default();
    if api.kaibo.setup_open(&token).await? {
        Ok(Json(SetupOpen { open: true }))
    } else {
        Err(ApiError::not_found("setup_closed"))
    }
}

/// Makes the owner and logs in
#[utoipa::path(
    post, path = "/setup", tag = "session", operation_id = "setUp", request_body = SetupForm,
    responses(
        (status = 200, body = SessionView),
        (status = 404, description = "`setup_closed`"),
        (status = 422, description = "`name`: `name_invalid`; `password`: `password_too_short`"),
    )
)]
pub(crate) async fn set_up(
    State(api): State<Arc<ApiState>>,
    JsonBody(form): JsonBody<SetupForm>,
) -> ApiResult<Response> {
    let (token, name, password) = (&form.token, &form.name, &form.password);
    let made = api.kaibo.setup_owner(token, name, password).await?;
    begin(&api, made).await
}

/// Logs in
#[utoipa::path(
    post, path = "/session", tag = "session", operation_id = "signIn", request_body = SignInForm,
    responses(
        (status = 200, body = SessionView),
        (status = 401, description = "`bad_credentials`, `code_needed`, `code_wrong`"),
        (status = 429, description = "`too_many_tries`, with `retryAfterMs`"),
    )
)]
pub(crate) async fn sign_in(
    State(api): State<Arc<ApiState>>,
    client: ClientIp,
    JsonBody(form): JsonBody<SignInForm>,
) -> ApiResult<Response> {
    let code = form.code.as_deref().map(str::trim);
    let code = code.filter(|code| !code.is_empty());
    let peer = client.household();
    let signed_in = api.kaibo.sign_in(&form.name, &form.password, code, peer);
    begin(&api, signed_in.await?).await
}

/// The session of the cookie
#[utoipa::path(
    get, path = "/session", tag = "session", operation_id = "getSession",
    responses((status = 200, body = SessionView))
)]
pub(crate) async fn session(
    State(api): State<Arc<ApiState>>,
    Extension(user): Extension<SignedInUser>,
) -> ApiResult<Json<SessionView>> {
    Ok(Json(view(&api, user.session).await?))
}

/// Logs out
#[utoipa::path(
    delete, path = "/session", tag = "session", operation_id = "signOut",
    responses((status = 204, description = "The session has ended"))
)]
pub(crate) async fn sign_out(
    State(api): State<Arc<ApiState>>,
    Extension(user): Extension<SignedInUser>,
) -> ApiResult<Response> {
    api.kaibo.sign_out(&user.cookie).await?;
    let cookie = AppendHeaders([(header::SET_COOKIE, end_cookie(&api))]);
    Ok((StatusCode::NO_CONTENT, cookie).into_response())
}

/// A session of the user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenSessionView {
    /// Names it; opens nothing.
    id: String,
    begun_at: i64,
    /// When it ends by itself.
    expires_at: i64,
    /// The one that asks.
    current: bool,
}

/// The user's sessions, the latest first
#[utoipa::path(
    get, path = "/sessions", tag = "session", operation_id = "listSessions",
    responses((status = 200, body = [OpenSessionView]))
)]
pub(crate) async fn list(
    State(api): State<Arc<ApiState>>,
    Extension(user): Extension<SignedInUser>,
) -> ApiResult<Json<Vec<OpenSessionView>>> {
    let sessions = api.kaibo.sessions(user.session.user_id, &user.cookie);
    let sessions = sessions.await?.into_iter().map(|one| OpenSessionView {
        id: one.id,
        begun_at: one.begun_at,
        expires_at: one.expires_at,
        current: one.is_current,
    });
    Ok(Json(sessions.collect()))
}

/// Ends a session of the user
#[utoipa::path(
    delete, path = "/sessions/{session}", tag = "session", operation_id = "endSession",
    params(("session" = String, Path, description = "`id` of the list")),
    responses(
        (status = 204, description = "The session has ended"),
        (status = 404, description = "`session_not_found`"),
    )
)]
pub(crate) async fn end(
    State(api): State<Arc<ApiState>>,
    Extension(user): Extension<SignedInUser>,
    Path(id): Path<String>,
) -> ApiResult<StatusCode> {
    if api.kaibo.end_session(user.session.user_id, &id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found("session_not_found"))
    }
}

pub(super) async fn begin(
    api: &ApiState,
    signed_in: Result<SignedIn, AccountRefusal>,
) -> ApiResult<Response> {
    let signed_in = signed_in?;
    let cookie = AppendHeaders([(header::SET_COOKIE, begin_cookie(api, &signed_in))]);
    let session = view(api, signed_in.found).await?;
    Ok((cookie, Json(session)).into_response())
}

async fn view(api: &ApiState, session: Session) -> ApiResult<SessionView> {
    let mut apps = api.kaibo.apps().await?;
    apps.retain(|app| session.sees(app.app_id.as_str()));
    let apps = apps.into_iter().map(|app| AppName {
        appid: app.app_id.to_string(),
        name: app.name,
    });
    Ok(SessionView {
        apps: apps.collect(),
        name: session.name,
        csrf: session.csrf,
        role: session.role.as_str(),
        must_enrol: session.must_enrol,
    })
}

impl From<AccountRefusal> for ApiError {
    fn from(refusal: AccountRefusal) -> Self {
        match refusal {
            AccountRefusal::SetupClosed => Self::not_found("setup_closed"),
            AccountRefusal::LinkClosed => Self::not_found("link_closed"),
            AccountRefusal::CodeNeeded => Self::new(StatusCode::UNAUTHORIZED, "code_needed"),
            AccountRefusal::CodeWrong => Self::new(StatusCode::UNAUTHORIZED, "code_wrong"),
            AccountRefusal::NameInvalid => Self::invalid("name", "name_invalid"),
            AccountRefusal::PasswordTooShort => Self::invalid("password", "password_too_short"),
            AccountRefusal::BadCredentials => {
                Self::new(StatusCode::UNAUTHORIZED, "bad_credentials")
            }
            AccountRefusal::TooManyTries { retry_after_ms } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries").after(retry_after_ms)
            }
        }
    }
}
