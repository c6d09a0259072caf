//! One look at a server from outside: a call goes out, and its answer is judged.

use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use hyper::Method;
use hyper::header::{CONTENT_TYPE, DATE};
use jiff::{SignedDuration, Timestamp};
use kaibo_outbound::{Ask, Bounds, Client, OutboundConfig, Reply};
use serde_json::{Value, json};

use super::advice;
use super::shapes::{Body, Shape};

/// Between the clocks of client and server.
const MOST_SKEW: SignedDuration = SignedDuration::from_secs(60);
/// A list of fifty rooms with all their goods is some hundred kilobytes.
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(20),
    most_bytes: 8 * 1024 * 1024,
    at_once: 1,
};
/// Of an answer that is no JSON so much is shown.
const MOST_SHOWN: usize = 100;
/// Parts of an upload.
const BOUNDARY: &str = "kaibo-doctor-7f3a91";
/// A server that speaks WeChat's API says the true reason here.
const REASON: &str = "x-kaibo-reason";

/// What became of a call.
pub(super) enum Finding {
    /// As its client needs it.
    Understood,
    /// Not so.
    Differs(Difference),
    /// For this reason.
    NotTried(&'static str),
}

/// An answer with which a client cannot go on.
pub(super) struct Difference {
    /// The answer.
    pub(super) said: String,
    /// The reason, where the server gives one.
    pub(super) why: Option<String>,
    /// What to do.
    pub(super) remedy: String,
}

impl Difference {
    fn new(said: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            said: said.into(),
            why: None,
            remedy: remedy.into(),
        }
    }
}

/// A server as one app's caller meets it.
pub(super) struct Visit {
    client: Client,
    base: String,
    appid: String,
    secret: String,
    token: OnceLock<String>,
    /// A row of the list.
    row: OnceLock<Value>,
    date: OnceLock<(String, Timestamp)>,
}

impl Visit {
    /// Calls `base` with an app's credentials.
    pub(super) fn begin(base: &str, appid: &str, secret: &str) -> anyhow::Result<Self> {
        // The person at the keyboard chose the address, so it may be any.
        let everywhere = ["0.0.0.0/0", "::/0"].map(str::parse);
        let everywhere: Result<Vec<_>, _> = everywhere.into_iter().collect();
        let config = OutboundConfig {
            allow_private: everywhere.ok().context("all addresses are networks")?,
            ..OutboundConfig::default()
        };
        Ok(Self {
            client: Client::new(config),
            base: base.trim_end_matches('/').to_owned(),
            appid: appid.to_owned(),
            secret: secret.to_owned(),
            token: OnceLock::new(),
            row: OnceLock::new(),
            date: OnceLock::new(),
        })
    }

    /// Gets the app's token; of one that lives the same again, so that no other client loses its own.
    pub(super) async fn buy(&self) -> Finding {
        let body = json!({
            "grant_type": "client_credential", "appid": self.appid, "secret": self.secret,
        });
        let url = format!("{}/cgi-bin/stable_token", self.base);
        let json = Some("application/json".to_owned());
        let reply = self.send(Method::POST, url, json, body.to_string().into());
        let (answer, why) = match self.read(reply.await) {
            Ok(read) => read,
            Err(differs) => return Finding::Differs(differs),
        };
        match answer["access_token"].as_str() {
            Some(token) => {
                let _ = self.token.set(token.to_owned());
                Finding::Understood
            }
            None => Finding::Differs(refused(&answer, why)),
        }
    }

    /// Whether [`Visit::buy`] got one.
    pub(super) fn has_token(&self) -> bool {
        self.token.get().is_some()
    }

    /// Makes a call as `shape` has it.
    pub(super) async fn ask(&self, shape: &Shape) -> Finding {
        self.ask_with(shape, shape.query).await
    }

    /// As [`Visit::ask`], about a room of the list.
    pub(super) async fn ask_of_a_room(&self, shape: &Shape) -> Finding {
        let room = self.row.get().and_then(|row| row["roomid"].as_i64());
        let Some(room) = room else {
            return Finding::NotTried("the app has no room");
        };
        let query = shape.query.replace("{room}", &room.to_string());
        self.ask_with(shape, &query).await
    }

    async fn ask_with(&self, shape: &Shape, query: &str) -> Finding {
        let (mime, body) = written(&shape.body);
        let sent = self.call(shape.method.clone(), shape.path, query, mime, body);
        match sent.await {
            Ok((answer, why)) => self.judge(shape, &answer, why),
            Err(differs) => Finding::Differs(differs),
        }
    }

    fn judge(&self, shape: &Shape, answer: &Value, why: Option<String>) -> Finding {
        let Some(code) = answer["errcode"].as_i64() else {
            return Finding::Differs(Difference::new(
                "an answer without errcode",
                "SDKs read it always: let nothing between client and server change bodies",
            ));
        };
        if !shape.codes.contains(&code) {
            return Finding::Differs(refused(answer, why));
        }
        let is_absent = |key: &&&str| code == 0 && answer.get(**key).is_none();
        if let Some(key) = shape.keys.iter().find(is_absent) {
            let said = format!("a success without {key}");
            return Finding::Differs(Difference::new(said, "this client fails without it"));
        }
        let first = answer["room_info"].as_array().and_then(|rows| rows.first());
        if let Some(row) = first {
            let _ = self.row.set(row.clone());
        }
        Finding::Understood
    }

    /// A call with the token, unless `query` brings another; what came back as JSON, and the reason
    /// beside it.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        query: &str,
        mime: Option<String>,
        body: Bytes,
    ) -> Result<(Value, Option<String>), Difference> {
        let token = self.token.get().map_or("", String::as_str);
        let url = if query.contains("access_token=") {
            format!("{}/{path}?{query}", self.base)
        } else {
            format!("{}/{path}?access_token={token}&{query}", self.base)
        };
        let reply = self.send(method, url.trim_end_matches('&').to_owned(), mime, body);
        self.read(reply.await)
    }

    async fn send(
        &self,
        method: Method,
        url: String,
        mime: Option<String>,
        body: Bytes,
    ) -> Result<Reply, Difference> {
        let headers = mime.map(|mime| (CONTENT_TYPE.as_str(), mime));
        let ask = Ask {
            method,
            url,
            headers: headers.into_iter().collect(),
            body,
        };
        self.client.call_within(ask, BOUNDS).await.map_err(|error| {
            let remedy =
                "look at the address, at name and certificate, and whether the server runs";
            Difference::new(error.to_string(), remedy)
        })
    }

    fn read(
        &self,
        reply: Result<Reply, Difference>,
    ) -> Result<(Value, Option<String>), Difference> {
        let reply = reply?;
        let header = |name: &str| {
            let value = reply.headers.get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        if let Some(date) = header(DATE.as_str()) {
            let _ = self.date.set((date, Timestamp::now()));
        }
        match serde_json::from_slice(&reply.body) {
            Ok(answer) if reply.status == 200 => Ok((answer, header(REASON))),
            _ => Err(stranger(&reply)),
        }
    }

    /// Opens the first picture of the list, as a page would.
    pub(super) async fn picture(&self) -> Finding {
        let Some(row) = self.row.get() else {
            return Finding::NotTried("the app has no room");
        };
        let address = row["cover_img"].as_str().unwrap_or_default();
        if address.is_empty() {
            return Finding::NotTried("the first room has no cover");
        }
        let remedy = "let server.public_http be the address under which phones reach this server";
        match self
            .send(Method::GET, address.to_owned(), None, Bytes::new())
            .await
        {
            Ok(reply) if reply.status == 200 => Finding::Understood,
            Ok(reply) => {
                let said = format!("HTTP {} for {address}", reply.status);
                Finding::Differs(Difference::new(said, remedy))
            }
            Err(error) => {
                let said = format!("{} for {address}", error.said);
                Finding::Differs(Difference::new(said, remedy))
            }
        }
    }

    /// Compares the clocks: tokens and plans are judged by the server's.
    pub(super) fn clock(&self) -> Finding {
        let Some((date, here)) = self.date.get() else {
            return Finding::NotTried("the answers have no Date");
        };
        let Ok(there) = jiff::fmt::rfc2822::parse(date) else {
            return Finding::NotTried("the answers' Date is unreadable");
        };
        let skew = here.duration_since(there.timestamp());
        if skew.abs() <= MOST_SKEW {
            return Finding::Understood;
        }
        let seconds = skew.as_secs().abs();
        let said = format!("the two clocks differ by {seconds} s");
        Finding::Differs(Difference::new(said, "let both follow a time server"))
    }
}

fn written(body: &Body) -> (Option<String>, Bytes) {
    let json = Some("application/json".to_owned());
    match body {
        Body::None => (None, Bytes::new()),
        Body::Json(text) => (json, Bytes::from_static(text.as_bytes())),
        Body::Bare(text) => (None, Bytes::from_static(text.as_bytes())),
        Body::Form(text) => (
            Some("application/x-www-form-urlencoded".to_owned()),
            Bytes::from_static(text.as_bytes()),
        ),
        Body::Padded(bytes) => {
            let text = json!({"start": 0, "limit": 1, "padding": "x".repeat(*bytes)});
            (json, text.to_string().into())
        }
        Body::Upload(bytes) => upload(&vec![0; *bytes]),
    }
}

/// A file as WeChat's uploads want it.
pub(super) fn upload(file: &[u8]) -> (Option<String>, Bytes) {
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"media\"; \
         filename=\"doctor.png\"\r\nContent-Type: image/png\r\n\r\n"
    );
    let tail = format!("\r\n--{BOUNDARY}--\r\n");
    let mime = format!("multipart/form-data; boundary={BOUNDARY}");
    (
        Some(mime),
        [head.as_bytes(), file, tail.as_bytes()].concat().into(),
    )
}

/// An answer of the API that the client cannot go on with.
pub(super) fn refused(answer: &Value, why: Option<String>) -> Difference {
    let code = answer["errcode"].as_i64().unwrap_or_default();
    let message = answer["errmsg"].as_str().unwrap_or_default();
    let remedy =
        advice::remedy(code).unwrap_or("do what the answer says; docs/compat.md has it all");
    Difference {
        said: format!("{code} {message}"),
        why,
        remedy: remedy.to_owned(),
    }
}

/// An answer of something that stands before the API.
fn stranger(reply: &Reply) -> Difference {
    let header = |name| reply.headers.get(name).and_then(|v| v.to_str().ok());
    let from = header("server").map_or_else(String::new, |server| format!(" from {server}"));
    let leads = header("location").map_or_else(String::new, |to| format!(" to {to}"));
    let text = String::from_utf8_lossy(&reply.body);
    let text: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(MOST_SHOWN)
        .collect();
    let said = format!("HTTP {}{from}{leads}: {text}", reply.status);
    Difference::new(said, advice::of_a_stranger(reply.status))
}
