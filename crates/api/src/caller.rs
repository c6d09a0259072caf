//! Who calls what is an app's: a person at the console, or the app's own server by its access
//! token, and how often the latter may.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use kaibo_app::Counted;
use kaibo_domain::goods::Origin;
use kaibo_domain::id::AppId;
use kaibo_domain::quota::CallLimit;

use crate::auth::{SignedInUser, app_of_token, credential, require_session};
use crate::error::{ApiError, ApiResult};
use crate::peer::ClientIp;
use crate::quota_headers;
use crate::state::ApiState;

/// The quota of an app's own reads of `/v1`.
pub(crate) const READS: (&str, CallLimit) = (
    "v1/read",
    CallLimit {
        per_day: 1_000_000,
        per_minute: 5_000,
    },
);
/// The quota of an app's own changes by `/v1`.
pub(crate) const WRITES: (&str, CallLimit) = (
    "v1/write",
    CallLimit {
        per_day: 1_000_000,
        per_minute: 5_000,
    },
);

/// Who makes a call, put there by [`require_app`] and [`require_session`].
#[derive(Clone)]
pub(crate) enum Caller {
    /// Somebody at the console.
    User(SignedInUser),
    /// An app's own server.
    Server {
        /// Whose.
        app_id: AppId,
        /// With which it got in.
        token: String,
        /// Where it calls from.
        client: ClientIp,
    },
}

impl Caller {
    /// What is written down where a change keeps who made it. No user's name begins so.
    pub(crate) fn actor(&self) -> String {
        match self {
            Self::User(user) => user.session.name.clone(),
            Self::Server { app_id, .. } => format!("app:{app_id}"),
        }
    }

    /// Through which door what it makes comes.
    pub(crate) fn origin(&self) -> Origin {
        match self {
            Self::User(_) => Origin::Console,
            Self::Server { .. } => Origin::Api,
        }
    }

    /// What its `Idempotency-Key`s are kept under.
    pub(crate) fn repeat_scope(&self) -> String {
        match self {
            Self::User(user) => format!("console:{}", user.session.user_id),
            Self::Server { app_id, .. } => format!("v1:{app_id}"),
        }
    }

    /// Whether it would still be let in, for answers that go on.
    pub(crate) async fn is_still_in(&self, api: &ApiState) -> bool {
        match self {
            Self::User(user) => {
                let session = api.kaibo.session(&user.cookie).await;
                session.is_ok_and(|session| session.is_some())
            }
            Self::Server { token, client, .. } => app_of_token(api, token, *client).await.is_ok(),
        }
    }
}

/// Lets an app's own server through by its access token (`Authorization: Bearer`), to what is that
/// app's, and the console as [`require_session`] does.
pub(crate) async fn require_app(
    State(api): State<Arc<ApiState>>,
    path: RawPathParams,
    request: Request,
    next: Next,
) -> ApiResult<Response> {
    let Some(token) = credential(request.headers(), "bearer") else {
        return require_session(State(api), request, next).await;
    };
    let (mut parts, body) = request.into_parts();
    let client = ClientIp::from_request_parts(&mut parts, &api).await?;
    let app_id = app_of_token(&api, &token, client).await?;
    let mut request = Request::from_parts(parts, body);
    let named = path.iter().find(|(name, _)| *name == "appid");
    if named.is_none_or(|(_, named)| named != app_id.as_str()) {
        return Err(ApiError::not_found("app_not_found"));
    }
    let caller = Caller::Server {
        app_id,
        token,
        client,
    };
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// Counts the calls of an app's own server, behind [`require_app`]; people are not counted.
pub(crate) async fn count(
    State(api): State<Arc<ApiState>>,
    request: Request,
    next: Next,
) -> ApiResult<Response> {
    let Some(Caller::Server { app_id, .. }) = request.extensions().get() else {
        return Ok(next.run(request).await);
    };
    let (op, limit) = match *request.method() {
        Method::GET | Method::HEAD => READS,
        _ => WRITES,
    };
    let standing = match api.kaibo.count_call(app_id, op, limit).await? {
        Counted::Yes(standing) => standing,
        Counted::DayFull(standing) | Counted::MinuteFull(standing) => {
            let wait = standing.resets_at - api.kaibo.now();
            let used_up = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "quota_used_up");
            return Err(used_up.after(wait));
        }
    };
    let mut response = next.run(request).await;
    quota_headers::add(response.headers_mut(), &standing);
    Ok(response)
}
