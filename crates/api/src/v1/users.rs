//! Users of the console: the owner's list of them, and the links with which they choose a password.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use kaibo_app::{LinkView, UserFile, UserLink, UserRefusal};
use kaibo_domain::id::AppId;
use kaibo_domain::user::UserRole;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::session::{self, SessionView};
use crate::auth::{SignedInUser, credential, path_parameter};
use crate::body::JsonBody;
use crate::error::{ApiError, ApiResult};
use crate::state::ApiState;

/// A user of the console.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserView {
    id: i64,
    name: String,
    /// `owner` or `operator`.
    #[schema(example = "operator")]
    role: &'static str,
    /// Appids that an operator sees; an owner sees all.
    apps: Vec<String>,
    /// `invited`: has no password yet, or not any more; `active`; `disabled`.
    #[schema(example = "active")]
    state: &'static str,
    /// Until when the link works with which a password is chosen; null: there is none.
    #[schema(required)]
    link_expires_at: Option<i64>,
    /// Logging in takes a code.
    two_factor: bool,
    created_at: i64,
    /// Who asks.
    oneself: bool,
}

impl UserView {
    fn of(file: UserFile, by: i64) -> Self {
        let user = file.user;
        let state = match user.disabled_at {
            Some(_) => "disabled",
            None if user.password_hash.is_empty() => "invited",
            None => "active",
        };
        Self {
            oneself: user.id == by,
            id: user.id,
            name: user.name,
            role: user.role.as_str(),
            apps: file.apps.iter().map(AppId::to_string).collect(),
            state,
            link_expires_at: file.link_expires_at,
            two_factor: user.has_two_factor,
            created_at: user.created_at,
        }
    }
}

/// Whom to invite.
#[derive(Deserialize, ToSchema)]
pub(crate) struct InviteForm {
    /// 1 to 64 visible characters; not `app:…`.
    #[serde(default)]
    name: String,
    /// `owner` or `operator`.
    #[serde(default)]
    role: String,
    /// Appids that an operator sees: at least one.
    #[serde(default)]
    apps: Vec<String>,
}

/// What a user may do from now on.
#[derive(Deserialize, ToSchema)]
pub(crate) struct UserForm {
    /// `owner` or `operator`.
    role: String,
    /// Appids that an operator sees: at least one.
    #[serde(default)]
    apps: Vec<String>,
    /// May not log in; sessions end at once.
    #[serde(default)]
    disabled: bool,
}

/// A link with which a user chooses a password; shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserLinkView {
    id: i64,
    url: String,
    expires_at: i64,
}

impl From<UserLink> for UserLinkView {
    fn from(link: UserLink) -> Self {
        Self {
            id: link.user_id,
            url: link.url,
            expires_at: link.expires_at,
        }
    }
}

/// What a link is for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserInvitation {
    /// To log in with.
    name: String,
    /// `owner` or `operator`.
    #[schema(example = "operator")]
    role: &'static str,
    /// Names of the apps that an operator sees.
    apps: Vec<String>,
    expires_at: i64,
}

impl From<LinkView> for UserInvitation {
    fn from(link: LinkView) -> Self {
        Self {
            name: link.name,
            role: link.role.as_str(),
            apps: link.apps,
            expires_at: link.expires_at,
        }
    }
}

/// A password that is chosen.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PasswordForm {
    /// At least 10 characters.
    #[schema(min_length = 10)]
    password: String,
}

/// The `{userId}` of a path.
pub(crate) struct UserPath(i64);

impl<S: Send + Sync> FromRequestParts<S> for UserPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let id = path_parameter(parts, state, "userId").await;
        let id = id.and_then(|text| text.parse().ok());
        id.map(Self)
            .ok_or_else(|| ApiError::not_found("user_not_found"))
    }
}

/// All users
#[utoipa::path(
    get, path = "/users", tag = "users", operation_id = "listUsers",
    responses((status = 200, body = [UserView]), (status = 403, description = "`owner_only`"))
)]
pub(crate) async fn list(
    State(api): State<Arc<ApiState>>,
    Extension(by): Extension<SignedInUser>,
) -> ApiResult<Json<Vec<UserView>>> {
    let users = api.kaibo.users().await?.into_iter();
    let users = users.map(|file| UserView::of(file, by.session.user_id));
    Ok(Json(users.collect()))
}

/// Invites a user, who chooses a password by the link within 72 hours
#[utoipa::path(
    post, path = "/users", tag = "users", operation_id = "inviteUser", request_body = InviteForm,
    responses(
        (status = 201, body = UserLinkView),
        (status = 403, description = "`owner_only`"),
        (status = 409, description = "`user_limit`"),
        (status = 422, description = "`name`: `name_invalid`, `user_name_taken`; `role`: \
            `user_role_unknown`; `apps`: `user_apps_invalid`"),
    )
)]
pub(crate) async fn invite(
    State(api): State<Arc<ApiState>>,
    JsonBody(form): JsonBody<InviteForm>,
) -> ApiResult<(StatusCode, Json<UserLinkView>)> {
    let (role, apps) = (role_of(&form.role)?, apps_of(&form.apps)?);
    let invited = api.kaibo.invite_user(form.name.trim(), role, apps).await?;
    Ok((StatusCode::CREATED, Json(invited?.into())))
}

/// Says what a user may do and where, and whether they may log in
///
/// It holds from their next request on.
#[utoipa::path(
    put, path = "/users/{userId}", tag = "users", operation_id = "changeUser",
    params(("userId" = i64, Path)), request_body = UserForm,
    responses(
        (status = 204),
        (status = 403, description = "`owner_only`"),
        (status = 404, description = "`user_not_found`"),
        (status = 409, description = "`last_owner`, `not_oneself`"),
        (status = 422, description = "`role`: `user_role_unknown`; `apps`: `user_apps_invalid`"),
    )
)]
pub(crate) async fn change(
    State(api): State<Arc<ApiState>>,
    Extension(by): Extension<SignedInUser>,
    UserPath(id): UserPath,
    JsonBody(form): JsonBody<UserForm>,
) -> ApiResult<StatusCode> {
    let wanted = (role_of(&form.role)?, apps_of(&form.apps)?, form.disabled);
    let changed = api.kaibo.change_user(by.session.user_id, id, wanted);
    changed.await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a user
///
/// What they did stays written down under their name.
#[utoipa::path(
    delete, path = "/users/{userId}", tag = "users", operation_id = "removeUser",
    params(("userId" = i64, Path)),
    responses(
        (status = 204),
        (status = 403, description = "`owner_only`"),
        (status = 404, description = "`user_not_found`"),
        (status = 409, description = "`last_owner`, `not_oneself`"),
    )
)]
pub(crate) async fn remove(
    State(api): State<Arc<ApiState>>,
    Extension(by): Extension<SignedInUser>,
    UserPath(id): UserPath,
) -> ApiResult<StatusCode> {
    api.kaibo.remove_user(by.session.user_id, id).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a user's password and sessions away, and gives the link with which they choose another
#[utoipa::path(
    post, path = "/users/{userId}/link", tag = "users", operation_id = "resetUser",
    params(("userId" = i64, Path)),
    responses(
        (status = 200, body = UserLinkView),
        (status = 403, description = "`owner_only`"),
        (status = 404, description = "`user_not_found`"),
        (status = 409, description = "`not_oneself`"),
    )
)]
pub(crate) async fn reset(
    State(api): State<Arc<ApiState>>,
    Extension(by): Extension<SignedInUser>,
    UserPath(id): UserPath,
) -> ApiResult<Json<UserLinkView>> {
    let link = api.kaibo.reset_user(by.session.user_id, id).await??;
    Ok(Json(link.into()))
}

/// Takes the second factor of another user away, who has lost it
#[utoipa::path(
    delete, path = "/users/{userId}/two-factor", tag = "users", operation_id = "resetTwoFactor",
    params(("userId" = i64, Path)),
    responses(
        (status = 204),
        (status = 403, description = "`owner_only`"),
        (status = 404, description = "`user_not_found`"),
        (status = 409, description = "`not_oneself`"),
    )
)]
pub(crate) async fn reset_two_factor(
    State(api): State<Arc<ApiState>>,
    Extension(by): Extension<SignedInUser>,
    UserPath(id): UserPath,
) -> ApiResult<StatusCode> {
    if by.session.user_id == id {
        return Err(UserRefusal::Oneself.into());
    }
    if api.kaibo.reset_two_factor(id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(UserRefusal::Unknown.into())
    }
}

/// What a link is for
#[utoipa::path(
    get, path = "/user-link", tag = "session", operation_id = "getUserLink",
    params(("Authorization" = String, Header, description = "`Invite <token>`: the token of the link")),
    responses(
        (status = 200, body = UserInvitation),
        (status = 404, description = "`link_closed`"),
    )
)]
pub(crate) async fn link(
    State(api): State<Arc<ApiState>>,
    headers: HeaderMap,
) -> ApiResult<Json<UserInvitation>> {
    let token = credential(&headers, "invite").unwrap_or_default();
    let found = api.kaibo.user_link(&token).await?;
    let found = found.ok_or_else(|| ApiError::not_found("link_closed"))?;
    Ok(Json(found.into()))
}

/// Chooses a password by a link, which is used up, and logs in
///
/// A user with a second factor is not logged in (204): they do so with a code.
#[utoipa::path(
    post, path = "/user-link", tag = "session", operation_id = "useUserLink",
    params(("Authorization" = String, Header, description = "`Invite <token>`: the token of the link")),
    request_body = PasswordForm,
    responses(
        (status = 200, body = SessionView),
        (status = 204, description = "The password is set"),
        (status = 404, description = "`link_closed`"),
        (status = 422, description = "`password`: `password_too_short`"),
    )
)]
pub(crate) async fn use_link(
    State(api): State<Arc<ApiState>>,
    headers: HeaderMap,
    JsonBody(form): JsonBody<PasswordForm>,
) -> ApiResult<Response> {
    let token = credential(&headers, "invite").unwrap_or_default();
    let used = api.kaibo.accept_user_link(&token, &form.password).await??;
    match used {
        Some(signed_in) => session::begin(&api, Ok(signed_in)).await,
        None => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

fn role_of(text: &str) -> ApiResult<UserRole> {
    text.parse()
        .map_err(|_| ApiError::invalid("role", "user_role_unknown"))
}

fn apps_of(texts: &[String]) -> ApiResult<Vec<AppId>> {
    let apps = texts.iter().map(|text| text.parse());
    apps.collect::<Result<_, _>>()
        .map_err(|_| UserRefusal::AppsInvalid.into())
}

impl From<UserRefusal> for ApiError {
    fn from(refusal: UserRefusal) -> Self {
        match refusal {
            UserRefusal::Unknown => Self::not_found("user_not_found"),
            UserRefusal::NameInvalid => Self::invalid("name", "name_invalid"),
            UserRefusal::NameTaken => Self::invalid("name", "user_name_taken"),
            UserRefusal::AppsInvalid => Self::invalid("apps", "user_apps_invalid"),
            UserRefusal::LastOwner => Self::conflict("last_owner"),
            UserRefusal::Oneself => Self::conflict("not_oneself"),
            UserRefusal::TooMany => Self::conflict("user_limit"),
        }
    }
}
