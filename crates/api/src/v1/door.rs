//! How an app's calls of the WeChat-compatible API are let in: profile and addresses.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kaibo_domain::door::Profile;
use kaibo_domain::net::IpNet;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::AppPath;
use crate::body::JsonBody;
use crate::error::{ApiError, ApiResult};
use crate::peer::ClientIp;
use crate::state::ApiState;

/// Most entries of a list of addresses.
const MOST_NETS: usize = 200;

/// How callers are judged.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ProfileView {
    /// Whatever a known SDK sends is understood.
    Tolerant,
    /// What WeChat refuses is refused.
    Strict,
}

impl From<Profile> for ProfileView {
    fn from(profile: Profile) -> Self {
        match profile {
            Profile::Tolerant => Self::Tolerant,
            Profile::Strict => Self::Strict,
        }
    }
}

impl From<ProfileView> for Profile {
    fn from(profile: ProfileView) -> Self {
        match profile {
            ProfileView::Tolerant => Self::Tolerant,
            ProfileView::Strict => Self::Strict,
        }
    }
}

/// How an app's calls are let in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DoorView {
    /// The app's own; null: as the server's settings say.
    #[schema(required)]
    profile: Option<ProfileView>,
    /// The one in force.
    profile_in_force: ProfileView,
    /// Addresses and networks that may call; none: everybody.
    #[schema(example = json!(["203.0.113.7/32", "10.0.0.0/8"]))]
    allowed_ips: Vec<String>,
    /// The address that asks, as calls from there would be seen.
    #[schema(example = "203.0.113.7")]
    your_ip: String,
}

/// What is to hold for an app's calls.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DoorForm {
    /// null: as the server's settings say.
    #[serde(default)]
    profile: Option<ProfileView>,
    /// Addresses and networks that may call, at most 200; none: everybody.
    #[serde(default)]
    allowed_ips: Vec<String>,
}

/// How an app's calls are let in
#[utoipa::path(
    get, path = "/apps/{appid}/door", tag = "calls", operation_id = "getDoor",
    params(("appid" = String, Path)),
    responses((status = 200, body = DoorView), (status = 404, description = "`app_not_found`"))
)]
pub(crate) async fn read(
    State(api): State<Arc<ApiState>>,
    client: ClientIp,
    AppPath(app_id): AppPath,
) -> ApiResult<Json<DoorView>> {
    let door = api.kaibo.door(&app_id).await?;
    Ok(Json(DoorView {
        profile: door.profile.map(ProfileView::from),
        profile_in_force: api.kaibo.profile(&door).into(),
        allowed_ips: door.allowed.iter().map(IpNet::to_string).collect(),
        your_ip: client.0.to_string(),
    }))
}

/// Sets how an app's calls are let in
#[utoipa::path(
    put, path = "/apps/{appid}/door", tag = "calls", operation_id = "setDoor",
    params(("appid" = String, Path)), request_body = DoorForm,
    responses(
        (status = 204),
        (status = 404, description = "`app_not_found`"),
        (status = 422, description = "`allowedIps`: `ip_invalid`, `too_many_ips`"),
    )
)]
pub(crate) async fn set(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    JsonBody(form): JsonBody<DoorForm>,
) -> ApiResult<StatusCode> {
    if form.allowed_ips.len() > MOST_NETS {
        return Err(ApiError::invalid("allowedIps", "too_many_ips"));
    }
    let nets = form.allowed_ips.iter().map(|text| text.trim().parse());
    let nets: Result<Vec<IpNet>, _> = nets.collect();
    let nets = nets.map_err(|_| ApiError::invalid("allowedIps", "ip_invalid"))?;
    let profile = form.profile.map(Profile::from);
    api.kaibo.set_door(&app_id, profile, &nets).await?;
    Ok(StatusCode::NO_CONTENT)
}
