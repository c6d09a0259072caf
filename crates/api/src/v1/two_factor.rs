//! The second factor of a user: set up, turned on and off, and demanded of everybody.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use kaibo_app::{TwoFactorRefusal, TwoFactorStanding};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::SignedInUser;
use crate::body::JsonBody;
use crate::error::{ApiError, ApiResult};
use crate::state::ApiState;

/// How the user's second factor stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TwoFactorView {
    /// Logging in takes a code.
    on: bool,
    /// Recovery codes that are left.
    recovery_codes: i64,
    /// Every user must have one.
    demanded: bool,
}

impl From<TwoFactorStanding> for TwoFactorView {
    fn from(standing: TwoFactorStanding) -> Self {
        Self {
            on: standing.is_on,
            recovery_codes: standing.recovery_codes,
            demanded: standing.is_demanded,
        }
    }
}

/// The user's password.
#[derive(Deserialize, ToSchema)]
pub(crate) struct OwnPassword {
    password: String,
}

/// What an app for codes takes in; shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct TwoFactorSecret {
    /// In base 32, to type.
    secret: String,
    /// The same as `otpauth://…`, which such apps open.
    url: String,
}

/// A code of the app.
#[derive(Deserialize, ToSchema)]
pub(crate) struct CodeForm {
    /// Six digits; to turn it off, a recovery code too.
    code: String,
}

/// Codes for who has lost the device; shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecoveryCodes {
    /// Each opens once.
    recovery_codes: Vec<String>,
}

/// What is asked of every user.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserPolicy {
    /// Each must have a second factor; who has none can do nothing but set it up.
    two_factor_demanded: bool,
}

/// The user's second factor
#[utoipa::path(
    get, path = "/session/two-factor", tag = "session", operation_id = "getTwoFactor",
    responses((status = 200, body = TwoFactorView))
)]
pub(crate) async fn read(
    State(api): State<Arc<ApiState>>,
    Extension(user): Extension<SignedInUser>,
) -> ApiResult<Json<TwoFactorView>> {
    let standing = api.kaibo.two_factor(user.session.user_id).await?;
    Ok(Json(standing.into()))
}

/// Begins a second factor; it is on once a code was shown
#[utoipa::path(
    post, path = "/session/two-factor", tag = "session", operation_id = "beginTwoFactor",
    request_body = OwnPassword,
    responses(
        (status = 200, body = TwoFactorSecret),
        (status = 409, description = "`two_factor_on`"),
        (status = 422, description = "`password`: `password_wrong`"),
        (status = 429, description = "`too_many_tries`, with `retryAfterMs`"),
    )
)]
pub(crate) async fn begin(
    State(api): State<Arc<ApiState>>,
    Extension(user): Extension<SignedInUser>,
    JsonBody(form): JsonBody<OwnPassword>,
) -> ApiResult<Json<TwoFactorSecret>> {
    let begun = api
        .kaibo
        .begin_two_factor(&user.session.name, &form.password);
    let begun = begun.await??;
    Ok(Json(TwoFactorSecret {
        secret: begun.secret,
        url: begun.url,
    }))
}

/// Turns it on by a code of the app
#[utoipa::path(
    post, path = "/session/two-factor/on", tag = "session", operation_id = "turnTwoFactorOn",
    request_body = CodeForm,
    responses(
        (status = 200, body = RecoveryCodes),
        (status = 409, description = "`two_factor_on`, `two_factor_off`"),
        (status = 422, description = "`code`: `code_wrong`"),
        (status = 429, description = "`too_many_tries`, with `retryAfterMs`"),
    )
)]
pub(crate) async fn turn_on(
    State(api): State<Arc<ApiState>>,
    Extension(user): Extension<SignedInUser>,
    JsonBody(form): JsonBody<CodeForm>,
) -> ApiResult<Json<RecoveryCodes>> {
    let who = (user.session.user_id, user.session.name.as_str());
    let recovery_codes = api.kaibo.turn_two_factor_on(who, &form.code).await??;
    Ok(Json(RecoveryCodes { recovery_codes }))
}

/// Turns it off by a code
#[utoipa::path(
    post, path = "/session/two-factor/off", tag = "session", operation_id = "turnTwoFactorOff",
    request_body = CodeForm,
    responses(
        (status = 204),
        (status = 409, description = "`two_factor_off`, `two_factor_demanded`"),
        (status = 422, description = "`code`: `code_wrong`"),
        (status = 429, description = "`too_many_tries`, with `retryAfterMs`"),
    )
)]
pub(crate) async fn turn_off(
    State(api): State<Arc<ApiState>>,
    Extension(user): Extension<SignedInUser>,
    JsonBody(form): JsonBody<CodeForm>,
) -> ApiResult<StatusCode> {
    let who = (user.session.user_id, user.session.name.as_str());
    api.kaibo.turn_two_factor_off(who, &form.code).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// What is asked of every user
#[utoipa::path(
    get, path = "/user-policy", tag = "users", operation_id = "getUserPolicy",
    responses((status = 200, body = UserPolicy), (status = 403, description = "`owner_only`"))
)]
pub(crate) async fn policy(State(api): State<Arc<ApiState>>) -> ApiResult<Json<UserPolicy>> {
    let two_factor_demanded = api.kaibo.demands_two_factor().await?;
    Ok(Json(UserPolicy {
        two_factor_demanded,
    }))
}

/// Sets what is asked of every user
///
/// Whoever demands a second factor has one: they could do nothing else from then on.
#[utoipa::path(
    put, path = "/user-policy", tag = "users", operation_id = "setUserPolicy",
    request_body = UserPolicy,
    responses(
        (status = 204),
        (status = 403, description = "`owner_only`"),
        (status = 409, description = "`two_factor_off`: the owner's own is off"),
    )
)]
pub(crate) async fn set_policy(
    State(api): State<Arc<ApiState>>,
    Extension(user): Extension<SignedInUser>,
    JsonBody(form): JsonBody<UserPolicy>,
) -> ApiResult<StatusCode> {
    let own = api.kaibo.two_factor(user.session.user_id).await?;
    if form.two_factor_demanded && !own.is_on {
        return Err(TwoFactorRefusal::IsOff.into());
    }
    api.kaibo
        .demand_two_factor(form.two_factor_demanded)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<TwoFactorRefusal> for ApiError {
    fn from(refusal: TwoFactorRefusal) -> Self {
        match refusal {
            TwoFactorRefusal::IsOn => Self::conflict("two_factor_on"),
            TwoFactorRefusal::IsOff => Self::conflict("two_factor_off"),
            TwoFactorRefusal::Demanded => Self::conflict("two_factor_demanded"),
            TwoFactorRefusal::PasswordWrong => Self::invalid("password", "password_wrong"),
            TwoFactorRefusal::CodeWrong => Self::invalid("code", "code_wrong"),
            TwoFactorRefusal::TooManyTries { retry_after_ms } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries").after(retry_after_ms)
            }
        }
    }
}
