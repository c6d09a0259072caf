//! People whom an app knows and their roles, for the console.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use kaibo_app::{Holding, PeopleQuery, Person};
use kaibo_domain::person::PersonRefusal;
use kaibo_domain::role::Role;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::AppPath;
use crate::body::{JsonBody, bad_request};
use crate::error::{ApiError, ApiResult};
use crate::state::ApiState;

/// Rows where the caller does not say, and at most.
const ROWS: (i64, i64) = (20, 100);

/// A page of people.
#[derive(Serialize, ToSchema)]
pub(crate) struct PeopleView {
    /// How many there are in all.
    total: i64,
    people: Vec<PersonView>,
}

/// Somebody whom an app knows.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PersonView {
    wechat_id: String,
    /// Empty until somebody says.
    nickname: String,
    /// Of `owner`, `admin`, `anchor`, `operator`.
    #[schema(value_type = Vec<String>, example = json!(["anchor"]))]
    roles: Vec<Role>,
    known_at: i64,
    /// When the roles last changed.
    roles_at: i64,
}

/// Which people.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PeopleParams {
    /// Those with this role: `owner`, `admin`, `anchor`, `operator`.
    #[param(value_type = Option<String>)]
    role: Option<Role>,
    /// Part of a nickname or of a WeChat id.
    #[serde(default)]
    keyword: String,
    #[serde(default)]
    offset: i64,
    /// 20 unless said, 100 at most.
    limit: Option<i64>,
}

/// Whom to make known.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PersonForm {
    /// A letter, then 5 to 19 letters, digits, `-` or `_`.
    wechat_id: String,
    /// 1 to 32 characters.
    nickname: String,
}

/// An app's people, whose roles changed last first
#[utoipa::path(
    get, path = "/apps/{appid}/people", tag = "people", operation_id = "listPeople",
    params(("appid" = String, Path), PeopleParams),
    responses((status = 200, body = PeopleView), (status = 404, description = "`app_not_found`"))
)]
pub(crate) async fn list(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    params: Result<Query<PeopleParams>, QueryRejection>,
) -> ApiResult<Json<PeopleView>> {
    let Query(params) = params.map_err(|_| bad_request())?;
    let (rows, most) = ROWS;
    let query = PeopleQuery {
        holding: params.role.map_or(Holding::Anything, Holding::Role),
        keyword: params.keyword.trim().to_owned(),
        offset: params.offset,
        limit: params.limit.unwrap_or(rows).min(most),
    };
    let (total, people) = api.kaibo.people(&app_id, &query).await?;
    let people = people.into_iter().map(PersonView::from).collect();
    Ok(Json(PeopleView { total, people }))
}

/// Makes somebody known, or gives who is known another nickname
#[utoipa::path(
    post, path = "/apps/{appid}/people", tag = "people", operation_id = "invitePerson",
    params(("appid" = String, Path)), request_body = PersonForm,
    responses(
        (status = 200, body = PersonView),
        (status = 404, description = "`app_not_found`"),
        (status = 422, description = "`wechatId`: `wechat_id_invalid`; `nickname`: `nickname_invalid`"),
    )
)]
pub(crate) async fn invite(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    JsonBody(form): JsonBody<PersonForm>,
) -> ApiResult<Json<PersonView>> {
    let (wechat_id, nickname) = (form.wechat_id.trim(), form.nickname.trim());
    let invited = api.kaibo.invite_person(&app_id, wechat_id, nickname);
    Ok(Json(invited.await?.into()))
}

/// Gives somebody a role
///
/// An `anchor` must be verified first; the answer to one who is not is `anchor_not_verified`, and
/// a verification is open then.
#[utoipa::path(
    put, path = "/apps/{appid}/people/{wechatId}/roles/{role}", tag = "people",
    operation_id = "giveRole",
    params(("appid" = String, Path), ("wechatId" = String, Path), ("role" = String, Path)),
    responses(
        (status = 204, description = "The person holds the role"),
        (status = 404, description = "`app_not_found`, `not_found`"),
        (status = 409, description = "`role_limit`"),
        (status = 422, description = "`wechatId`: `wechat_id_invalid`; `role`: `role_unknown`; \
            `anchorWechat`: `anchor_not_verified`"),
    )
)]
pub(crate) async fn give_role(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    Path((_, wechat_id, role)): Path<(String, String, String)>,
) -> ApiResult<StatusCode> {
    let role = role_of(&role)?;
    match api.kaibo.give_role(&app_id, &wechat_id, role).await {
        // Put twice is as put once.
        Err(kaibo_app::Error::Refused(refusal)) if refusal == PersonRefusal::RoleHeld.into() => {}
        given => given?,
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a role from somebody
#[utoipa::path(
    delete, path = "/apps/{appid}/people/{wechatId}/roles/{role}", tag = "people",
    operation_id = "takeRole",
    params(("appid" = String, Path), ("wechatId" = String, Path), ("role" = String, Path)),
    responses(
        (status = 204, description = "The person does not hold the role"),
        (status = 404, description = "`app_not_found`, `not_found`"),
        (status = 409, description = "`anchor_has_room`: a room of theirs has yet to go live"),
        (status = 422, description = "`wechatId`: `wechat_id_invalid`; `role`: `role_unknown`"),
    )
)]
pub(crate) async fn take_role(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    Path((_, wechat_id, role)): Path<(String, String, String)>,
) -> ApiResult<StatusCode> {
    let role = role_of(&role)?;
    api.kaibo.take_role(&app_id, &wechat_id, role).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn role_of(text: &str) -> ApiResult<Role> {
    match text {
        "owner" => Ok(Role::Owner),
        "admin" => Ok(Role::Admin),
        "anchor" => Ok(Role::Anchor),
        "operator" => Ok(Role::Operator),
        _ => Err(ApiError::not_found("not_found")),
    }
}

impl From<Person> for PersonView {
    fn from(person: Person) -> Self {
        Self {
            wechat_id: person.wechat_id,
            nickname: person.nickname,
            roles: person.roles,
            known_at: person.known_at,
            roles_at: person.roles_at,
        }
    }
}
