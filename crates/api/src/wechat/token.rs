//! `cgi-bin/token` and `cgi-bin/stable_token`: access tokens for an app's secret (spec P1, P2).
//! <https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-access-token>

use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::Response;
use kaibo_app::{CredentialRefusal, IssuedToken, Kaibo};

use super::answer::{Answer, respond};
use super::errcode::{CallFault, Fault};
use super::request::{Params, read_body};

/// Largest body of a caller that has shown nothing yet.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// GET (or POST) `cgi-bin/token`: a new token each time.
pub(super) async fn token(State(kaibo): State<Kaibo>, request: Request) -> Response {
    let outcome = issue(&kaibo, request).await;
    respond(kaibo.now(), outcome)
}

/// POST `cgi-bin/stable_token`: the same token while it lives.
pub(super) async fn stable_token(State(kaibo): State<Kaibo>, request: Request) -> Response {
    let outcome = stable(&kaibo, request).await;
    respond(kaibo.now(), outcome)
}

async fn issue(kaibo: &Kaibo, request: Request) -> Result<Answer, Fault> {
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
    sold(kaibo.issue_token(&wanted.appid, &wanted.secret).await?)
}

async fn stable(kaibo: &Kaibo, request: Request) -> Result<Answer, Fault> {
    if *request.method() != Method::POST {
        return Err(CallFault::NeedsPost.into());
    }
    let body = read_body(request.into_body(), MAX_BODY_BYTES).await?;
    let params = Params::from_body(&body.ok_or(CallFault::BodyTooLarge)?)?;
    let wanted = Credentials::read(&params)?;
    let force = params.switch("force_refresh")?.unwrap_or(false);
    sold(
        kaibo
            .stable_token(&wanted.appid, &wanted.secret, force)
            .await?,
    )
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
}

fn sold(outcome: Result<IssuedToken, CredentialRefusal>) -> Result<Answer, Fault> {
    let token = outcome.map_err(Fault::Credential)?;
    Ok(Answer::ok()
        .with("access_token", token.token)
        .with("expires_in", token.expires_in))
}
