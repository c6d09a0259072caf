//! A call from its arrival to its answer: whether it is let in, and what is remembered of it.

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::response::Response;
use kaibo_app::{Kaibo, TokenRefusal};
use kaibo_domain::door::{Door, Profile};
use kaibo_domain::id::AppId;

use super::answer::{Answer, Told, tell};
use super::errcode::{CallFault, Fault};
use super::reason;
use super::request::{MAX_BODY_BYTES, Params, read_body};
use super::{Call, Rule};
use crate::peer::{ClientIp, Https};

/// Why a call was refused, or what of it was not read, in plain words.
const REASON: HeaderName = HeaderName::from_static("x-kaibo-reason");

/// Operations that tell of a body that was not read by their times, as WeChat's do.
const TIMES_FIRST: [&str; 2] = ["room/create", "room/editroom"];

/// One call on its way.
pub(super) struct Visit {
    /// The use cases.
    pub(super) kaibo: Kaibo,
    /// How its caller is judged.
    pub(super) profile: Profile,
    rule: Rule,
    client: IpAddr,
    https: bool,
    reason: Option<String>,
}

impl Visit {
    /// A call of an operation has arrived.
    pub(super) fn begin(kaibo: Kaibo, rule: Rule, request: &Request) -> Self {
        let extensions = request.extensions();
        let client = extensions.get::<ClientIp>().map(|client| client.0);
        Self {
            profile: kaibo.settings().profile,
            kaibo,
            rule,
            client: client.unwrap_or(Ipv4Addr::UNSPECIFIED.into()),
            https: extensions.get().is_some_and(|Https(https)| *https),
            reason: None,
        }
    }

    /// Lets the call in and reads what it brings.
    pub(super) async fn read_call(&mut self, request: Request) -> Result<Call, Fault> {
        let query = Params::from_query(request.uri().query().unwrap_or_default())?;
        let app_id = self.let_in(request.method(), &query).await?;
        let mime = content_type(request.headers());
        let by_content_type = request.uri().path().trim_matches('/').starts_with("wxaapi");
        let body = read_body(request.into_body(), MAX_BODY_BYTES).await?;
        let body = body.ok_or(CallFault::BodyTooLarge)?;
        let params = match self.profile {
            Profile::Tolerant if self.rule.is_get => match Params::from_body(&body) {
                // WeChat's documents list the parameters of a GET as its body; every SDK sends a
                // query.
                Ok(body) => query.or(body),
                Err(_) => query,
            },
            Profile::Tolerant => Params::from_body(&body)?,
            Profile::Strict if self.rule.is_get => query,
            Profile::Strict if by_content_type => self.body_by_content_type(&body, &mime)?,
            Profile::Strict => self.json_body(&body)?,
        };
        Ok(Call {
            kaibo: self.kaibo.clone(),
            app_id,
            params,
        })
    }

    /// Token, address, transport, method, quota, in this order.
    pub(super) async fn let_in(&mut self, method: &Method, query: &Params) -> Result<AppId, Fault> {
        let token = query.text("access_token")?.ok_or(CallFault::TokenMissing)?;
        let app_id = match self.kaibo.authenticate(&token).await? {
            Ok(app_id) => app_id,
            Err(TokenRefusal::Malformed) if may_be_a_token(&token) => {
                return Err(Fault::Token(TokenRefusal::Unknown));
            }
            Err(refusal) => return Err(Fault::Token(refusal)),
        };
        self.welcome(&app_id).await?;
        self.check_method(method)?;
        let per_day = self.rule.per_day;
        if !self
            .kaibo
            .count_call(&app_id, self.rule.op, per_day)
            .await?
        {
            return Err(CallFault::DailyQuota.into());
        }
        Ok(app_id)
    }

    /// The app is known now: what holds for all its calls.
    pub(super) async fn welcome(&mut self, app_id: &AppId) -> Result<Door, Fault> {
        let door = self.kaibo.door(app_id).await?;
        self.profile = self.kaibo.profile(&door);
        if !door.admits(self.client) {
            return Err(CallFault::AddressNotAllowed(self.client).into());
        }
        if self.profile == Profile::Strict && !self.https {
            return Err(CallFault::NeedsHttps.into());
        }
        Ok(door)
    }

    fn check_method(&self, method: &Method) -> Result<(), Fault> {
        let rule = self.rule;
        let posts_too = rule.takes_post && self.profile == Profile::Tolerant;
        match (rule.is_get, method) {
            (true, &Method::GET | &Method::HEAD) | (false, &Method::POST) => Ok(()),
            (true, &Method::POST) if posts_too => Ok(()),
            (true, _) => Err(CallFault::NeedsGet.into()),
            (false, _) => Err(CallFault::NeedsPost.into()),
        }
    }

    /// As WeChat's gateway of `/wxaapi` reads: where the Content-Type is not JSON's, no field is
    /// seen (spec section 2).
    fn body_by_content_type(&mut self, body: &[u8], mime: &str) -> Result<Params, Fault> {
        if mime_is_json(mime) || body.trim_ascii().is_empty() {
            return self.json_body(body);
        }
        self.reason = Some(reason::unread_body(mime));
        if TIMES_FIRST.contains(&self.rule.op) {
            return Err(CallFault::Missing("startTime").into());
        }
        Ok(Params::none())
    }

    /// A body that must be JSON.
    pub(super) fn json_body(&mut self, body: &[u8]) -> Result<Params, Fault> {
        let read = Params::from_json(body);
        if read.is_err() && Params::from_body(body).is_ok() {
            self.reason = Some(reason::form_body());
        }
        read
    }

    /// The answer in WeChat's shape.
    pub(super) fn answer(self, outcome: Result<Answer, Fault>) -> Response {
        let told = tell(self.kaibo.now(), outcome);
        self.close(told)
    }

    /// As [`Visit::answer`], for a success that is no JSON.
    pub(super) fn answer_with(self, outcome: Result<Response, Fault>) -> Response {
        match outcome {
            Ok(response) => {
                let told = Told::of(self.kaibo.now(), response);
                self.close(told)
            }
            Err(fault) => self.answer(Err(fault)),
        }
    }

    fn close(self, told: Told) -> Response {
        let mut response = told.response;
        let reason = self.reason.or(told.reason);
        let reason = reason.and_then(|text| HeaderValue::try_from(text).ok());
        if let Some(reason) = reason {
            response.headers_mut().insert(REASON, reason);
        }
        response
    }
}

fn content_type(headers: &HeaderMap) -> String {
    let mime = headers.get(CONTENT_TYPE).map(HeaderValue::to_str);
    mime.and_then(Result::ok).unwrap_or_default().to_owned()
}

/// Whatever stands behind `;`: callers write odd charsets there.
fn mime_is_json(mime: &str) -> bool {
    let essence = mime.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// A token that somebody else made, such as WeChat's own: it must get 40001, on which every SDK
/// buys a new one, while some do not on 40014.
fn may_be_a_token(token: &str) -> bool {
    (4..=512).contains(&token.len())
        && token
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
