//! Who people are: the page behind a verification link, and the console's decisions.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use kaibo_app::{SubmitRefusal, VerificationView};
use kaibo_domain::identity::{self, IdentityForm, IdentityRefusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::anchors::{AnchorView, standing_name, view};
use crate::auth::{AppPath, SignedInUser};
use crate::body::JsonBody;
use crate::error::{ApiError, ApiResult};
use crate::peer::ClientIp;
use crate::state::ApiState;

/// An anchor's verification, for whoever holds its link.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VerificationAnswer {
    /// Name of the app that asks.
    app_name: String,
    /// The WeChat id with its middle hidden.
    #[schema(example = "we****01")]
    wechat_id_masked: String,
    /// `pending`, `submitted`, `rejected`, `verified` or `due`.
    #[schema(example = "pending")]
    state: &'static str,
    /// Why it was sent back.
    #[schema(required)]
    reason: Option<String>,
    /// Until when it holds.
    #[schema(required)]
    due_at: Option<i64>,
    /// Whether the form may be sent.
    may_submit: bool,
    /// Name of the consent text in force; sent back with the form.
    consent: &'static str,
}

/// What a person says of themselves.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IdentityInput {
    /// Full name.
    name: String,
    /// Resident identity number, 18 characters.
    number: String,
    /// Name of the guardian, below 18.
    #[serde(default)]
    guardian: String,
    /// The guardian agrees, below 18.
    #[serde(default)]
    guardian_agrees: bool,
    /// Name of the text that the person agreed to.
    consent: String,
    /// Six digits, asked for when a device is enrolled.
    pin: String,
}

/// Which submission is decided.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Approval {
    submission: i64,
}

/// Which submission, and why.
#[derive(Deserialize, ToSchema)]
pub(crate) struct WithReason {
    submission: i64,
    /// 2 to 200 characters on one line.
    reason: String,
}

/// A full identity number.
#[derive(Serialize, ToSchema)]
pub(crate) struct NumberView {
    number: String,
}

/// Somebody saw a full number.
#[derive(Serialize, ToSchema)]
pub(crate) struct RevealView {
    /// A user of the console.
    actor: String,
    reason: String,
    at: i64,
}

/// The link of a verification.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InvitationView {
    verify_url: String,
}

/// Who is to be verified, and how it stands
#[utoipa::path(
    get, path = "/verifications/{token}", tag = "viewer", operation_id = "getVerification",
    params(("token" = String, Path)),
    responses(
        (status = 200, body = VerificationAnswer),
        (status = 404, description = "`verification_not_found`"),
    )
)]
pub(crate) async fn verification(
    State(api): State<Arc<ApiState>>,
    token: Result<Path<String>, PathRejection>,
) -> ApiResult<Json<VerificationAnswer>> {
    let Path(token) = token.map_err(|_| unknown())?;
    let found = api.kaibo.verification(&token).await?;
    Ok(Json(found.ok_or_else(unknown)?.into()))
}

/// Submits who one is
#[utoipa::path(
    post, path = "/verifications/{token}", tag = "viewer", operation_id = "submitIdentity",
    params(("token" = String, Path)), request_body = IdentityInput,
    responses(
        (status = 200, body = VerificationAnswer),
        (status = 404, description = "`verification_not_found`"),
        (status = 409, description = "`verification_waits`, `verification_done`"),
        (status = 422, description = "`name`: `name_invalid`; `number`: `number_invalid`, \
            `too_young`; `guardian`: `required`; `guardianAgrees`: `required`; `consent`: \
            `required`; `pin`: `pin_invalid`, `pin_too_easy`"),
        (status = 429, description = "`too_many_tries`, with `retryAfterMs`"),
    )
)]
pub(crate) async fn submit(
    State(api): State<Arc<ApiState>>,
    client: ClientIp,
    token: Result<Path<String>, PathRejection>,
    JsonBody(input): JsonBody<IdentityInput>,
) -> ApiResult<Json<VerificationAnswer>> {
    let Path(token) = token.map_err(|_| unknown())?;
    let form = IdentityForm {
        name: input.name,
        number: input.number,
        guardian: input.guardian,
        guardian_agrees: input.guardian_agrees,
        consent: input.consent,
        pin: input.pin,
    };
    let peer = client.household();
    let submitted = api.kaibo.submit_identity(&token, &form, peer).await?;
    Ok(Json(submitted.map_err(submit_error)?.into()))
}

/// Opens a verification of somebody, and gives its link
#[utoipa::path(
    post, path = "/apps/{appid}/people/{wechatId}/verification", tag = "anchors",
    operation_id = "inviteAnchor",
    params(("appid" = String, Path), ("wechatId" = String, Path)),
    responses(
        (status = 200, body = InvitationView),
        (status = 404, description = "`app_not_found`"),
        (status = 422, description = "`wechatId`: `wechat_id_invalid`"),
    )
)]
pub(crate) async fn invite(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    Path((_, wechat_id)): Path<(String, String)>,
) -> ApiResult<Json<InvitationView>> {
    let verify_url = api.kaibo.invite_anchor(&app_id, &wechat_id).await?;
    Ok(Json(InvitationView { verify_url }))
}

/// Verifies somebody by what they submitted
#[utoipa::path(
    post, path = "/apps/{appid}/people/{wechatId}/verification/approve", tag = "anchors",
    operation_id = "approveVerification",
    params(("appid" = String, Path), ("wechatId" = String, Path)), request_body = Approval,
    responses(
        (status = 200, body = AnchorView),
        (status = 404, description = "`app_not_found`"),
        (status = 409, description = "`nothing_submitted`, `role_limit`"),
    )
)]
pub(crate) async fn approve(
    State(api): State<Arc<ApiState>>,
    Extension(user): Extension<SignedInUser>,
    AppPath(app_id): AppPath,
    Path((_, wechat_id)): Path<(String, String)>,
    JsonBody(form): JsonBody<Approval>,
) -> ApiResult<Json<AnchorView>> {
    let actor = &user.session.name;
    let approved = api
        .kaibo
        .approve_submission(&app_id, &wechat_id, form.submission, actor);
    Ok(Json(view(&api, approved.await?)))
}

/// Sends back what somebody submitted; they read the reason and may submit again
#[utoipa::path(
    post, path = "/apps/{appid}/people/{wechatId}/verification/reject", tag = "anchors",
    operation_id = "rejectVerification",
    params(("appid" = String, Path), ("wechatId" = String, Path)), request_body = WithReason,
    responses(
        (status = 200, body = AnchorView),
        (status = 404, description = "`app_not_found`"),
        (status = 409, description = "`nothing_submitted`"),
        (status = 422, description = "`reason`: `reason_needed`"),
    )
)]
pub(crate) async fn reject(
    State(api): State<Arc<ApiState>>,
    Extension(user): Extension<SignedInUser>,
    AppPath(app_id): AppPath,
    Path((_, wechat_id)): Path<(String, String)>,
    JsonBody(form): JsonBody<WithReason>,
) -> ApiResult<Json<AnchorView>> {
    let decided = (user.session.name.as_str(), form.reason.as_str());
    let rejected = api
        .kaibo
        .reject_submission(&app_id, &wechat_id, form.submission, decided);
    Ok(Json(view(&api, rejected.await?)))
}

/// A full identity number; who asked and what for is kept
#[utoipa::path(
    post, path = "/apps/{appid}/people/{wechatId}/verification/reveal", tag = "anchors",
    operation_id = "revealNumber",
    params(("appid" = String, Path), ("wechatId" = String, Path)), request_body = WithReason,
    responses(
        (status = 200, body = NumberView),
        (status = 404, description = "`app_not_found`, `anchor_not_found`"),
        (status = 422, description = "`reason`: `reason_needed`"),
    )
)]
pub(crate) async fn reveal(
    State(api): State<Arc<ApiState>>,
    Extension(user): Extension<SignedInUser>,
    AppPath(app_id): AppPath,
    Path((_, wechat_id)): Path<(String, String)>,
    JsonBody(form): JsonBody<WithReason>,
) -> ApiResult<Json<NumberView>> {
    let note = (user.session.name.as_str(), form.reason.as_str());
    let number = api
        .kaibo
        .reveal_number(&app_id, &wechat_id, form.submission, note);
    let number = number.await?;
    Ok(Json(NumberView { number }))
}

/// Who saw a person's number, the latest first
#[utoipa::path(
    get, path = "/apps/{appid}/people/{wechatId}/verification/reveals", tag = "anchors",
    operation_id = "listReveals",
    params(("appid" = String, Path), ("wechatId" = String, Path)),
    responses((status = 200, body = [RevealView]), (status = 404, description = "`app_not_found`"))
)]
pub(crate) async fn reveals(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    Path((_, wechat_id)): Path<(String, String)>,
) -> ApiResult<Json<Vec<RevealView>>> {
    let seen = api.kaibo.reveals(&app_id, &wechat_id).await?;
    let seen = seen.into_iter().map(|seen| RevealView {
        actor: seen.actor,
        reason: seen.reason,
        at: seen.at,
    });
    Ok(Json(seen.collect()))
}

fn unknown() -> ApiError {
    ApiError::not_found("verification_not_found")
}

fn submit_error(refusal: SubmitRefusal) -> ApiError {
    match refusal {
        SubmitRefusal::Unknown => unknown(),
        SubmitRefusal::Fields(wrong) => ApiError::invalid_fields(wrong.into_iter().map(field_code)),
        SubmitRefusal::Waits => ApiError::conflict("verification_waits"),
        SubmitRefusal::Done => ApiError::conflict("verification_done"),
        SubmitRefusal::TooManyTries { retry_after_ms } => {
            ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries").after(retry_after_ms)
        }
    }
}

fn field_code(refusal: IdentityRefusal) -> (&'static str, &'static str) {
    match refusal {
        IdentityRefusal::Name => ("name", "name_invalid"),
        IdentityRefusal::Number => ("number", "number_invalid"),
        IdentityRefusal::TooYoung => ("number", "too_young"),
        IdentityRefusal::GuardianMissing => ("guardian", "required"),
        IdentityRefusal::GuardianDisagrees => ("guardianAgrees", "required"),
        IdentityRefusal::Consent => ("consent", "required"),
        IdentityRefusal::Pin => ("pin", "pin_invalid"),
        IdentityRefusal::PinTooEasy => ("pin", "pin_too_easy"),
    }
}

impl From<VerificationView> for VerificationAnswer {
    fn from(view: VerificationView) -> Self {
        Self {
            app_name: view.app_name,
            wechat_id_masked: view.wechat_id_masked,
            state: standing_name(view.standing),
            reason: view.reason,
            due_at: view.due_at,
            may_submit: view.may_submit,
            consent: identity::CONSENT,
        }
    }
}
