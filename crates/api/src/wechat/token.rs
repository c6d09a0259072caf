//! `cgi-bin/token` and `cgi-bin/stable_token`: access tokens for an app's secret (spec P1, P2).
//! <https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-access-token>

use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::Response;
use axum::routing::any;
use kaibo_app::{IssuedToken, Kaibo};
use kaibo_domain::door::Profile;
use kaibo_domain::id::AppId;

use super::answer::Answer;
use super::door::Visit;
use super::errcode::{CallFault, Fault};
use super::request::{Params, read_body};
use super::{Route, Rule};

/// Largest body of a caller that has shown nothing yet.
const MAX_BODY_BYTES: usize = 16 * 1024;

// Spec section 4.
const TOKEN: Rule = Rule::get("token", 2_000).for_all();
const STABLE_TOKEN: Rule = Rule::post("stable_token", 500_000)
    .per_minute(10_000)
    .for_all();

/// `cgi-bin/token`.
pub(super) fn plain_route() -> Route {
    Route {
        rule: TOKEN,
        handler: any(token),
    }
}

/// `cgi-bin/stable_token`.
pub(super) fn stable_route() -> Route {
    Route {
        rule: STABLE_TOKEN,
        handler: any(stable_token),
    }
}

/// GET (or POST) `cgi-bin/token`: a new token each time.
async fn token(State(kaibo): State<Kaibo>, request: Request) -> Response {
    let mut visit = Visit::begin(kaibo, TOKEN, &request);
    let outcome = issue(&mut visit, request).await;
    visit.answer(outcome)
}

/// POST `cgi-bin/stable_token`: the same token while it lives.
async fn stable_token(State(kaibo): State<Kaibo>, request: Request) -> Response {
    let mut visit = Visit::begin(kaibo, STABLE_TOKEN, &request);
    let outcome = stable(&mut visit, request).await;
    visit.answer(outcome)
}

async fn issue(visit: &mut Visit, request: Request) -> Result<Answer, Fault> {
    let query = Params::from_query(request.uri().query().unwrap_or_default())?;
    let params = if *request.method() == Method::POST {
        let body = read_body(request.into_body(), MAX_BODY_BYTES).await?;
        match body.ok_or(CallFault::BodyTooLarge)? {
            body if body.is_empty() => query,
            body => Params::from_body(&body)?.or(query),
        }
    } else {
        query
    };
    let wanted = Credentials::read(&params)?;
    let app_id = wanted.app(visit).await?;
    let token = visit.kaibo.issue_token(&app_id).await?;
    Ok(sold(token))
}

async fn stable(visit: &mut Visit, request: Request) -> Result<Answer, Fault> {
    if *request.method() != Method::POST {
        return Err(CallFault::NeedsPost.into());
    }
    let body = read_body(request.into_body(), MAX_BODY_BYTES).await?;
    let body = body.ok_or(CallFault::BodyTooLarge)?;
    let params = match visit.profile {
        Profile::Tolerant => Params::from_body(&body)?,
        Profile::Strict => visit.json_body(&body)?,
    };
    let wanted = Credentials::read(&params)?;
    let force = params.switch("force_refresh")?.unwrap_or(false);
    let app_id = wanted.app(visit).await?;
    let token = visit.kaibo.stable_token(&app_id, force).await?;
    Ok(sold(token.ok_or(CallFault::DailyQuota)?))
}

struct Credentials {
    appid: String,
    secret: String,
}

impl Credentials {
    fn read(params: &Params) -> Result<Self, Fault> {
        if params.text("grant_type")?.as_deref() != Some("client_credential") {
            return Err(CallFault::GrantType.into());
        }
        Ok(Self {
            appid: params.text("appid")?.ok_or(CallFault::AppIdMissing)?,
            secret: params.text("secret")?.ok_or(CallFault::SecretMissing)?,
        })
    }

    /// Whose they are, and let in.
    async fn app(&self, visit: &mut Visit) -> Result<AppId, Fault> {
        let owner = visit.kaibo.app_of_secret(&self.appid, &self.secret).await?;
        let app_id = owner.map_err(Fault::Credential)?;
        visit.welcome(&app_id).await?;
        visit.count(&app_id).await?;
        Ok(app_id)
    }
}

fn sold(token: IssuedToken) -> Answer {
    Answer::ok()
        .with("access_token", token.token)
        .with("expires_in", token.expires_in)
}
