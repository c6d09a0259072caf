//! A call from its arrival to its answer: whether it is let in, and what is remembered of it.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::response::Response;
use kaibo_app::{CallRecord, Counted, Kaibo, Standing, TokenRefusal};
use kaibo_domain::UnixMs;
use kaibo_domain::door::Profile;
use kaibo_domain::id::AppId;
use tokio::time::Instant;

use super::answer::{Answer, Told, tell};
use super::errcode::{CallFault, Fault};
use super::reason;
use super::request::{MAX_BODY_BYTES, Params, read_body};
use super::{Call, Rule};
use crate::peer::{ClientIp, Https};
use crate::quota_headers;

/// Why a call was refused, or what of it was not read, in plain words.
const REASON: HeaderName = HeaderName::from_static("x-kaibo-reason");
/// The rid of every call, good ones too.
const RID: HeaderName = HeaderName::from_static("x-kaibo-rid");
/// Under which a caller may send the same again.
const REPEAT_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Longest such key.
const MAX_KEY: usize = 255;

/// Operations that tell of a body that was not read by their times, as WeChat's do.
const TIMES_FIRST: [&str; 2] = ["room/create", "room/editroom"];

/// One call on its way.
pub(super) struct Visit {
    /// The use cases.
    pub(super) kaibo: Kaibo,
    /// How its caller is judged.
    pub(super) profile: Profile,
    /// What it calls.
    pub(super) rule: Rule,
    client: IpAddr,
    https: bool,
    arrived_at: UnixMs,
    begun: Instant,
    app_id: Option<AppId>,
    standing: Option<Standing>,
    reason: Option<String>,
}

/// A caller's key, under which it may send the same again, and what is the same.
pub(super) struct Key {
    /// The caller's own.
    pub(super) key: String,
    /// The body.
    pub(super) body: Bytes,
}

impl Visit {
    /// A call of an operation has arrived.
    pub(super) fn begin(kaibo: Kaibo, rule: Rule, request: &Request) -> Self {
        let extensions = request.extensions();
        let client = extensions.get::<ClientIp>().map(|client| client.0);
        Self {
            profile: kaibo.settings().profile,
            arrived_at: kaibo.now(),
            begun: Instant::now(),
            kaibo,
            rule,
            client: client.unwrap_or(Ipv4Addr::UNSPECIFIED.into()),
            https: extensions.get().is_some_and(|Https(https)| *https),
            app_id: None,
            standing: None,
            reason: None,
        }
    }

    /// Lets the call in and reads what it brings.
    pub(super) async fn read_call(
        &mut self,
        request: Request,
    ) -> Result<(Call, Option<Key>), Fault> {
        let key = repeat_key(request.headers());
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
        let key = key?.filter(|_| !self.rule.is_get);
        let key = key.map(|key| Key { key, body });
        let kaibo = self.kaibo.clone();
        let call = Call {
            kaibo,
            app_id,
            params,
        };
        Ok((call, key))
    }

    /// Token, address, transport, admission, method, quota, in this order.
    pub(super) async fn let_in(&mut self, method: &Method, query: &Params) -> Result<AppId, Fault> {
        let app_id = self.known(query).await?;
        self.check_method(method)?;
        self.count(&app_id).await?;
        Ok(app_id)
    }

    /// Token, address, transport, admission.
    pub(super) async fn known(&mut self, query: &Params) -> Result<AppId, Fault> {
        let token = query.text("access_token")?.ok_or(CallFault::TokenMissing)?;
        let app_id = match self.kaibo.authenticate(&token).await? {
            Ok(app_id) => app_id,
            Err(TokenRefusal::Malformed) if may_be_a_token(&token) => {
                return Err(Fault::Token(TokenRefusal::Unknown));
            }
            Err(refusal) => return Err(Fault::Token(refusal)),
        };
        self.welcome(&app_id).await?;
        Ok(app_id)
    }

    /// Counts the call, unless it is one too many.
    pub(super) async fn count(&mut self, app_id: &AppId) -> Result<(), Fault> {
        let rule = self.rule;
        let counted = self.kaibo.count_call(app_id, rule.op, rule.limit).await?;
        let (standing, refused) = match counted {
            Counted::Yes(standing) => (standing, None),
            Counted::DayFull(standing) => (standing, Some(CallFault::DailyQuota)),
            Counted::MinuteFull(standing) => (standing, Some(CallFault::MinuteQuota)),
        };
        // Without a limit of the day there is nothing to say of what is left.
        self.standing = Some(standing).filter(|standing| standing.limit < u32::MAX);
        refused.map_or(Ok(()), |fault| Err(fault.into()))
    }

    /// The app is known now: what holds for all its calls.
    pub(super) async fn welcome(&mut self, app_id: &AppId) -> Result<(), Fault> {
        self.app_id = Some(app_id.clone());
        let door = self.kaibo.door(app_id).await?;
        self.profile = self.kaibo.profile(&door);
        if !door.admits(self.client) {
            return Err(CallFault::AddressNotAllowed(self.client).into());
        }
        if self.profile == Profile::Strict && !self.https {
            return Err(CallFault::NeedsHttps.into());
        }
        if self.rule.is_live && !self.kaibo.is_admitted(app_id).await? {
            return Err(CallFault::NotAdmitted.into());
        }
        Ok(())
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

    /// Notes the call and puts what is known of it beside its answer.
    pub(super) fn close(self, told: Told) -> Response {
        let mut response = told.response;
        let headers = response.headers_mut();
        let reason = self.reason.or(told.reason);
        let text = reason.as_deref().map(HeaderValue::from_str);
        if let Some(Ok(text)) = text {
            headers.insert(REASON, text);
        }
        if let Ok(rid) = HeaderValue::from_str(&told.rid) {
            headers.insert(RID, rid);
        }
        if let Some(standing) = &self.standing {
            quota_headers::add(headers, standing);
        }
        if let Some(app_id) = self.app_id {
            self.kaibo.note_call(CallRecord {
                app_id,
                rid: told.rid,
                at: self.arrived_at,
                op: self.rule.op.to_owned(),
                code: told.code,
                reason,
                peer: self.client.to_string(),
                took_us: i64::try_from(self.begun.elapsed().as_micros()).unwrap_or(i64::MAX),
            });
        }
        response
    }
}

/// The caller's key, if it sent one: 1 to 255 visible characters.
fn repeat_key(headers: &HeaderMap) -> Result<Option<String>, Fault> {
    let Some(key) = headers.get(REPEAT_KEY) else {
        return Ok(None);
    };
    let key = key.to_str().unwrap_or_default().trim();
    if !(1..=MAX_KEY).contains(&key.len()) {
        return Err(CallFault::KeyInvalid.into());
    }
    Ok(Some(key.to_owned()))
}

pub(super) fn content_type(headers: &HeaderMap) -> String {
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
