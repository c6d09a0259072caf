//! Who is asking: the console's session, an app's token, the anchor's device; and what a path names.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use kaibo_app::{Enrolled, Session, SignedIn};
use kaibo_domain::id::{AppId, GoodsId, RoomId};
use kaibo_domain::room::Room;
use kaibo_domain::user::UserRole;
use subtle::ConstantTimeEq as _;

use crate::caller::Caller;
use crate::error::{ApiError, ApiResult};
use crate::peer::ClientIp;
use crate::state::ApiState;

/// Name of the console's cookie.
const COOKIE: &str = "kaibo_session";
/// No credential of ours is longer.
const MAX_CREDENTIAL: usize = 128;

/// The session of a console request, put there by [`require_session`].
#[derive(Clone)]
pub(crate) struct SignedInUser {
    /// Name and CSRF token.
    pub(crate) session: Session,
    /// The cookie's value.
    pub(crate) cookie: String,
}

/// Lets only signed-in users through (401), and changes only with the session's CSRF token (403).
/// For what is a user's own.
pub(crate) async fn require_login(
    State(api): State<Arc<ApiState>>,
    mut request: Request,
    next: Next,
) -> ApiResult<Response> {
    enter(&api, &mut request).await?;
    Ok(next.run(request).await)
}

/// As [`require_login`], and only to apps that the user sees (404), with a second factor where every
/// user must have one (403).
pub(crate) async fn require_session(
    State(api): State<Arc<ApiState>>,
    path: RawPathParams,
    mut request: Request,
    next: Next,
) -> ApiResult<Response> {
    let session = enter(&api, &mut request).await?;
    check_place(&session, &path)?;
    Ok(next.run(request).await)
}

/// As [`require_session`], and only for owners (403).
pub(crate) async fn require_owner(
    State(api): State<Arc<ApiState>>,
    path: RawPathParams,
    mut request: Request,
    next: Next,
) -> ApiResult<Response> {
    let session = enter(&api, &mut request).await?;
    check_place(&session, &path)?;
    if session.role != UserRole::Owner {
        return Err(ApiError::new(StatusCode::FORBIDDEN, "owner_only"));
    }
    Ok(next.run(request).await)
}

/// Notes on a request who sends it from the console.
async fn enter(api: &ApiState, request: &mut Request) -> ApiResult<Session> {
    let cookie = session_cookie(request.headers()).ok_or_else(ApiError::not_signed_in)?;
    let session = api.kaibo.session(&cookie).await?;
    let session = session.ok_or_else(ApiError::not_signed_in)?;
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reads && !carries_csrf(request.headers(), &session.csrf) {
        return Err(ApiError::new(StatusCode::FORBIDDEN, "csrf_mismatch"));
    }
    let user = SignedInUser {
        session: session.clone(),
        cookie,
    };
    request.extensions_mut().insert(Caller::User(user.clone()));
    request.extensions_mut().insert(user);
    Ok(session)
}

/// An app that a user does not see looks to them as one that is not there.
fn check_place(session: &Session, path: &RawPathParams) -> ApiResult<()> {
    if session.must_enrol {
        let code = "two_factor_required";
        return Err(ApiError::new(StatusCode::FORBIDDEN, code));
    }
    let mut named = path.iter().filter(|(name, _)| *name == "appid");
    if named.all(|(_, app_id)| session.sees(app_id)) {
        Ok(())
    } else {
        Err(ApiError::not_found("app_not_found"))
    }
}

fn session_cookie(headers: &HeaderMap) -> Option<String> {
    cookie(headers, COOKIE)
}

fn cookie(headers: &HeaderMap, wanted: &str) -> Option<String> {
    let pairs = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .filter(|(name, value)| *name == wanted && value.len() <= MAX_CREDENTIAL)
        .map(|(_, value)| value.to_owned())
        .next()
}

fn carries_csrf(headers: &HeaderMap, wanted: &str) -> bool {
    headers
        .get("x-csrf-token")
        .is_some_and(|sent| sent.as_bytes().ct_eq(wanted.as_bytes()).into())
}

/// `Set-Cookie` that begins a session.
pub(crate) fn begin_cookie(api: &ApiState, signed_in: &SignedIn) -> String {
    let seconds = (signed_in.expires_at - api.kaibo.now()).max(0) / 1000;
    let secure = secure_flag(api);
    let value = &signed_in.session;
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
}

/// `Set-Cookie` that ends a session.
pub(crate) fn end_cookie(api: &ApiState) -> String {
    let secure = secure_flag(api);
    format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{secure}")
}

fn secure_flag(api: &ApiState) -> &'static str {
    if api.kaibo.settings().public_http.starts_with("https://") {
        "; Secure"
    } else {
        ""
    }
}

/// The app of `/v1/apps/{appid}/…`; 404 when there is none.
pub(crate) struct AppPath(pub(crate) AppId);

/// App and room of `/v1/apps/{appid}/rooms/{roomId}/…`. Whether the app has the room is seen when
/// the room is loaded.
pub(crate) struct RoomPath {
    pub(crate) app_id: AppId,
    pub(crate) room_id: RoomId,
}

impl<S> FromRequestParts<S> for AppPath
where
    Arc<ApiState>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let unknown = || ApiError::not_found("app_not_found");
        let named = path_parameter(parts, state, "appid").await;
        let app_id: AppId = named
            .and_then(|text| text.parse().ok())
            .ok_or_else(unknown)?;
        let api = Arc::<ApiState>::from_ref(state);
        match api.kaibo.app_name(&app_id).await? {
            Some(_) => Ok(Self(app_id)),
            None => Err(unknown()),
        }
    }
}

impl<S> FromRequestParts<S> for RoomPath
where
    Arc<ApiState>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let AppPath(app_id) = AppPath::from_request_parts(parts, state).await?;
        let PublicRoom(room_id) = PublicRoom::from_request_parts(parts, state).await?;
        Ok(Self { app_id, room_id })
    }
}

/// The `{roomId}` of a path; 404 where it can be no room's.
pub(crate) struct PublicRoom(pub(crate) RoomId);

impl<S: Send + Sync> FromRequestParts<S> for PublicRoom {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let named = path_parameter(parts, state, "roomId").await;
        let digits = named.filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        let room_id: Option<RoomId> = digits.and_then(|text| text.parse().ok());
        room_id
            .filter(|id| (1..=RoomId::MAX).contains(&id.0))
            .map(Self)
            .ok_or_else(|| ApiError::not_found("room_not_found"))
    }
}

/// App and goods of `/v1/apps/{appid}/goods/{goodsId}/…`. Whether the app has the goods is seen
/// when they are loaded.
pub(crate) struct GoodsPath {
    pub(crate) app_id: AppId,
    pub(crate) goods_id: GoodsId,
}

/// Room and goods of `/v1/apps/{appid}/rooms/{roomId}/shelf/{goodsId}/…`.
pub(crate) struct ShelfPath(pub(crate) RoomPath, pub(crate) GoodsId);

impl<S> FromRequestParts<S> for GoodsPath
where
    Arc<ApiState>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let AppPath(app_id) = AppPath::from_request_parts(parts, state).await?;
        let goods_id = goods_id(parts, state).await?;
        Ok(Self { app_id, goods_id })
    }
}

impl<S> FromRequestParts<S> for ShelfPath
where
    Arc<ApiState>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let room = RoomPath::from_request_parts(parts, state).await?;
        Ok(Self(room, goods_id(parts, state).await?))
    }
}

async fn goods_id<S: Send + Sync>(parts: &mut Parts, state: &S) -> ApiResult<GoodsId> {
    let named = path_parameter(parts, state, "goodsId").await;
    let goods_id: Option<GoodsId> = named.and_then(|text| text.parse().ok());
    goods_id.ok_or_else(|| ApiError::not_found("goods_not_found"))
}

pub(crate) async fn path_parameter<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    wanted: &str,
) -> Option<String> {
    let all = RawPathParams::from_request_parts(parts, state).await.ok()?;
    all.iter()
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value.to_owned())
}

/// The room of `Authorization: Broadcast <roomId>`, asked for by a device of its anchor; 404
/// `device_unknown` otherwise. The device shows a cookie of its own, and the header, which no other
/// site's page can send, says that the request is meant.
pub(crate) struct ByDevice {
    pub(crate) room: Room,
    pub(crate) credential: String,
}

impl<S> FromRequestParts<S> for ByDevice
where
    Arc<ApiState>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let unknown = || ApiError::not_found("device_unknown");
        let named = credential(&parts.headers, "broadcast").ok_or_else(unknown)?;
        let room_id: RoomId = named.parse().map_err(|_| unknown())?;
        let kaibo = &Arc::<ApiState>::from_ref(state).kaibo;
        // The cookie's name holds the app, since one phone may serve several merchants.
        let app_id = match kaibo.public_room(room_id).await {
            Ok(room) => room.app_id,
            Err(kaibo_app::Error::Refused(_)) => return Err(unknown()),
            Err(failure) => return Err(failure.into()),
        };
        let shown = cookie(&parts.headers, &device_cookie(&app_id)).ok_or_else(unknown)?;
        let room = kaibo.room_of_device(&shown, room_id).await?;
        Ok(Self {
            room: room.ok_or_else(unknown)?,
            credential: shown,
        })
    }
}

/// The app whose access token `Authorization: Bearer <token>` shows; 401 `token_unknown` otherwise,
/// or from where the app takes no calls.
pub(crate) struct ByToken(pub(crate) AppId);

impl<S> FromRequestParts<S> for ByToken
where
    Arc<ApiState>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let token = credential(&parts.headers, "bearer").ok_or_else(token_unknown)?;
        let api = Arc::<ApiState>::from_ref(state);
        let client = ClientIp::from_request_parts(parts, state).await?;
        Ok(Self(app_of_token(&api, &token, client).await?))
    }
}

fn token_unknown() -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "token_unknown")
}

/// The app whose access token this is, if it takes calls from where this one comes.
pub(crate) async fn app_of_token(
    api: &ApiState,
    token: &str,
    client: ClientIp,
) -> ApiResult<AppId> {
    let owner = api.kaibo.authenticate(token).await?;
    let app_id = owner.map_err(|_| token_unknown())?;
    if api.kaibo.door(&app_id).await?.admits(client.0) {
        Ok(app_id)
    } else {
        Err(token_unknown())
    }
}

fn device_cookie(app_id: &AppId) -> String {
    format!("kaibo_device_{app_id}")
}

/// `Set-Cookie` of a device that is enrolled.
pub(crate) fn enrol_cookie(api: &ApiState, enrolled: &Enrolled) -> String {
    let seconds = (enrolled.expires_at - api.kaibo.now()).max(0) / 1000;
    let secure = secure_flag(api);
    let (name, value) = (device_cookie(&enrolled.app_id), &enrolled.credential);
    format!("{name}={value}; Path=/v1; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
}

/// The credential of `Authorization: {scheme} <credential>`. Not in an address, since proxies log
/// those.
pub(crate) fn credential(headers: &HeaderMap, wanted: &str) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credential) = value.split_once(' ')?;
    let credential = credential.trim();
    let good =
        scheme.eq_ignore_ascii_case(wanted) && (1..=MAX_CREDENTIAL).contains(&credential.len());
    good.then(|| credential.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            "a=1; kaibo_session=abc; b=2".parse().unwrap(),
        );
        assert_eq!(session_cookie(&headers).as_deref(), Some("abc"));
        headers.insert(header::COOKIE, "xkaibo_session=abc".parse().unwrap());
        assert_eq!(session_cookie(&headers), None);
    }

    #[test]
    fn a_credential_needs_its_scheme() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, text.parse().unwrap());
            credential(&headers, "broadcast")
        };
        assert_eq!(of("Broadcast abc").as_deref(), Some("abc"));
        assert_eq!(of("Bearer abc"), None);
        assert_eq!(of("Broadcast"), None);
        assert_eq!(of(&format!("Broadcast {}", "a".repeat(129))), None);
    }
}
