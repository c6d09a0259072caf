//! Devices of anchors: codes that enrol one each, the enrolment itself, and the console's list.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use kaibo_app::{Device, EnrolRefusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{AppPath, RoomPath, SignedInUser, credential, enrol_cookie};
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::error::{ApiError, ApiResult};
use crate::peer::ClientIp;
use crate::state::ApiState;

/// A code that enrols one device.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BroadcastCodeView {
    /// To be opened on the device; its last part is the code.
    broadcast_url: String,
    expires_at: i64,
    /// The anchor's PIN will be asked for.
    needs_pin: bool,
    /// The server's clock.
    now: i64,
}

/// What a code enrols for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EnrolmentAnswer {
    /// Title of the room.
    room_name: String,
    #[schema(example = "we****01")]
    wechat_id_masked: String,
    expires_at: i64,
    /// The anchor's PIN is asked for.
    needs_pin: bool,
}

/// What confirms an enrolment.
#[derive(Deserialize, ToSchema)]
pub(crate) struct EnrolInput {
    /// The anchor's PIN; empty where none is asked for.
    #[serde(default)]
    pin: String,
}

/// A device is enrolled, and holds a cookie.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EnrolledAnswer {
    room_id: i64,
}

/// A device of an anchor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceView {
    id: i64,
    /// What its browser calls itself.
    name: String,
    enrolled_at: i64,
    /// When it was last used, to the hour.
    seen_at: i64,
    /// When it was shut out.
    #[schema(required)]
    revoked_at: Option<i64>,
}

/// Makes a broadcast code; the room's code before it is void
///
/// It works once, within ten minutes.
#[utoipa::path(
    post, path = "/apps/{appid}/rooms/{roomId}/access/broadcast-code", tag = "access",
    operation_id = "createBroadcastCode",
    params(("appid" = String, Path), ("roomId" = i64, Path)),
    responses(
        (status = 200, body = BroadcastCodeView),
        (status = 404, description = "`room_not_found`"),
    )
)]
pub(crate) async fn create_code(
    State(api): State<Arc<ApiState>>,
    Extension(caller): Extension<Caller>,
    path: RoomPath,
) -> ApiResult<Json<BroadcastCodeView>> {
    let actor = caller.actor();
    let code = api
        .kaibo
        .create_broadcast_code(&path.app_id, path.room_id, &actor);
    let code = code.await?;
    Ok(Json(BroadcastCodeView {
        broadcast_url: code.url,
        expires_at: code.expires_at,
        needs_pin: code.needs_pin,
        now: api.kaibo.now(),
    }))
}

/// What a code enrols for
#[utoipa::path(
    get, path = "/enrolments", tag = "broadcast", operation_id = "getEnrolment",
    params(("Authorization" = String, Header, description = "`Enrol <code>`")),
    responses(
        (status = 200, body = EnrolmentAnswer),
        (status = 404, description = "`code_unknown`"),
    )
)]
pub(crate) async fn enrolment(
    State(api): State<Arc<ApiState>>,
    headers: HeaderMap,
) -> ApiResult<Json<EnrolmentAnswer>> {
    let code = credential(&headers, "enrol").ok_or_else(unknown)?;
    let found = api.kaibo.enrolment(&code).await?.ok_or_else(unknown)?;
    Ok(Json(EnrolmentAnswer {
        room_name: found.room_name,
        wechat_id_masked: found.wechat_id_masked,
        expires_at: found.expires_at,
        needs_pin: found.needs_pin,
    }))
}

/// Enrols this device, and uses the code up
///
/// The device gets a cookie with which it opens the anchor's page of all rooms of this anchor.
#[utoipa::path(
    post, path = "/enrolments", tag = "broadcast", operation_id = "enrolDevice",
    params(("Authorization" = String, Header, description = "`Enrol <code>`")),
    request_body = EnrolInput,
    responses(
        (status = 200, body = EnrolledAnswer),
        (status = 404, description = "`code_unknown`"),
        (status = 422, description = "`pin`: `pin_wrong`"),
        (status = 429, description = "`too_many_tries`, with `retryAfterMs`"),
    )
)]
pub(crate) async fn enrol(
    State(api): State<Arc<ApiState>>,
    client: ClientIp,
    headers: HeaderMap,
    JsonBody(input): JsonBody<EnrolInput>,
) -> ApiResult<Response> {
    let code = credential(&headers, "enrol").ok_or_else(unknown)?;
    let agent = headers.get(header::USER_AGENT);
    let agent = agent.and_then(|value| value.to_str().ok());
    let name = device_name(agent.unwrap_or_default());
    let peer = client.household();
    let enrolled = api.kaibo.enrol_device(&code, &input.pin, &name, peer);
    let enrolled = enrolled.await?.map_err(enrol_error)?;
    let cookie = AppendHeaders([(header::SET_COOKIE, enrol_cookie(&api, &enrolled))]);
    let answer = EnrolledAnswer {
        room_id: enrolled.room_id.0,
    };
    Ok((cookie, Json(answer)).into_response())
}

/// A person's devices, the latest first
#[utoipa::path(
    get, path = "/apps/{appid}/people/{wechatId}/devices", tag = "people",
    operation_id = "listDevices",
    params(("appid" = String, Path), ("wechatId" = String, Path)),
    responses((status = 200, body = [DeviceView]), (status = 404, description = "`app_not_found`"))
)]
pub(crate) async fn list(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    Path((_, wechat_id)): Path<(String, String)>,
) -> ApiResult<Json<Vec<DeviceView>>> {
    let devices = api.kaibo.devices(&app_id, &wechat_id).await?;
    Ok(Json(devices.into_iter().map(DeviceView::from).collect()))
}

/// Shuts a device out at once
#[utoipa::path(
    post, path = "/apps/{appid}/devices/{deviceId}/revoke", tag = "people",
    operation_id = "revokeDevice",
    params(("appid" = String, Path), ("deviceId" = i64, Path)),
    responses(
        (status = 204, description = "It opens nothing any more"),
        (status = 404, description = "`app_not_found`, `device_unknown`"),
    )
)]
pub(crate) async fn revoke(
    State(api): State<Arc<ApiState>>,
    Extension(user): Extension<SignedInUser>,
    AppPath(app_id): AppPath,
    Path((_, device_id)): Path<(String, String)>,
) -> ApiResult<StatusCode> {
    let id = device_id
        .parse()
        .map_err(|_| ApiError::not_found("device_unknown"))?;
    let actor = &user.session.name;
    api.kaibo.revoke_device(&app_id, id, actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn unknown() -> ApiError {
    ApiError::not_found("code_unknown")
}

fn enrol_error(refusal: EnrolRefusal) -> ApiError {
    match refusal {
        EnrolRefusal::CodeUnknown => unknown(),
        EnrolRefusal::WrongPin => ApiError::invalid("pin", "pin_wrong"),
        EnrolRefusal::TooManyTries { retry_after_ms } => {
            ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries").after(retry_after_ms)
        }
    }
}

/// The system and the browser of a User-Agent, as far as people tell devices apart by them.
fn device_name(user_agent: &str) -> String {
    const SYSTEMS: [(&str, &str); 7] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("HarmonyOS", "HarmonyOS"),
        ("Android", "Android"),
        ("Mac OS X", "Mac"),
        ("Windows", "Windows"),
        ("Linux", "Linux"),
    ];
    const BROWSERS: [(&str, &str); 5] = [
        ("MicroMessenger", "WeChat"),
        ("Edg/", "Edge"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let named = |list: &[(&str, &'static str)]| {
        let found = list.iter().find(|(mark, _)| user_agent.contains(mark));
        found.map(|(_, name)| *name)
    };
    let parts = [named(&SYSTEMS), named(&BROWSERS)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

impl From<Device> for DeviceView {
    fn from(device: Device) -> Self {
        Self {
            id: device.id,
            name: device.name,
            enrolled_at: device.enrolled_at,
            seen_at: device.seen_at,
            revoked_at: device.revoked_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::device_name;

    #[test]
    fn devices_are_told_apart_by_system_and_browser() {
        let wechat = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 \
             MicroMessenger/8.0";
        assert_eq!(device_name(wechat), "iPhone · WeChat");
        let edge =
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0";
        assert_eq!(device_name(edge), "Windows · Edge");
        assert_eq!(device_name("curl/8"), "");
    }
}
