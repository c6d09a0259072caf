//! The shape of every answer: HTTP 200, `errcode` and `errmsg` always there, a rid behind each
//! failure (spec section 2, rule R3).

use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use kaibo_domain::UnixMs;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::errcode::{self, Fault, verdict};
use super::reason;

/// `errmsg` of a success.
pub(super) const OK: &str = "ok";

/// A success.
#[derive(Debug)]
pub(super) enum Answer {
    /// What stands beside `errcode` 0.
    Fields(Map<String, Value>),
    /// All of it, `errcode` included, as JSON.
    Written(Bytes),
}

impl Answer {
    /// Nothing but `errcode` and `errmsg`.
    pub(super) fn ok() -> Self {
        Self::Fields(Map::new())
    }

    /// With one more key at top level.
    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        if let Self::Fields(fields) = &mut self {
            fields.insert(key.to_owned(), value.into());
        }
        self
    }

    /// As it is to be sent.
    pub(super) fn written(body: Bytes) -> Self {
        Self::Written(body)
    }
}

/// An answer, and what else is known of it.
pub(super) struct Told {
    /// What the caller gets.
    pub(super) response: Response,
    /// The number in it.
    pub(super) code: i32,
    /// What the call is known by.
    pub(super) rid: String,
    /// Why it is a refusal, where the answer does not say it all.
    pub(super) reason: Option<String>,
}

impl Told {
    /// A success that is no JSON.
    pub(super) fn of(now: UnixMs, response: Response) -> Self {
        Self {
            response,
            code: errcode::OK,
            rid: rid(now),
            reason: None,
        }
    }

    /// An answer that was just written.
    pub(super) fn first(written: Written) -> Self {
        Self {
            response: json_of(written.body),
            code: written.code,
            rid: written.rid,
            reason: written.reason,
        }
    }

    /// An answer that was written before, for a call that has a rid of its own.
    pub(super) fn again(now: UnixMs, written: Written) -> Self {
        let reason = format!("repeat: the answer to the call {}", written.rid);
        Self {
            rid: rid(now),
            reason: Some(reason),
            ..Self::first(written)
        }
    }
}

/// The response for an outcome. `now` stamps the rid. A failure is logged here, once, under the
/// rid that the caller sees.
pub(super) fn tell(now: UnixMs, outcome: Result<Answer, Fault>) -> Told {
    Told::first(write(now, outcome))
}

/// An outcome as the caller reads it.
#[derive(Serialize, Deserialize)]
pub(super) struct Written {
    /// JSON.
    #[serde(serialize_with = "as_text", deserialize_with = "of_text")]
    pub(super) body: Bytes,
    /// The number in it.
    pub(super) code: i32,
    /// What the call is known by.
    pub(super) rid: String,
    /// As [`Told::reason`].
    pub(super) reason: Option<String>,
}

/// As [`tell`], before it becomes a response.
pub(super) fn write(now: UnixMs, outcome: Result<Answer, Fault>) -> Written {
    let rid = rid(now);
    let (code, body, reason) = match outcome {
        Ok(Answer::Written(body)) => (errcode::OK, body, None),
        Ok(Answer::Fields(fields)) => (errcode::OK, json(errcode::OK, OK, fields), None),
        Err(fault) => {
            let verdict = verdict(&fault);
            log(&fault, verdict.code, &rid);
            let message = format!("{} rid: {rid}", verdict.message);
            let body = json(verdict.code, &message, verdict.beside);
            (verdict.code, body, reason::of(&fault))
        }
    };
    Written {
        body,
        code,
        rid,
        reason,
    }
}

fn json(code: i32, message: &str, mut beside: Map<String, Value>) -> Bytes {
    beside.insert("errcode".to_owned(), code.into());
    beside.insert("errmsg".to_owned(), message.into());
    Value::Object(beside).to_string().into()
}

fn as_text<S: Serializer>(body: &Bytes, to: S) -> Result<S::Ok, S::Error> {
    let text = std::str::from_utf8(body).map_err(S::Error::custom)?;
    to.serialize_str(text)
}

fn of_text<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
    String::deserialize(from).map(Bytes::from)
}

fn json_of(body: Bytes) -> Response {
    let headers = [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_TYPE, "application/json"),
    ];
    (headers, body).into_response()
}

/// Three groups of eight hex digits; the first is the time in Unix seconds.
fn rid(now: UnixMs) -> String {
    let seconds = now.div_euclid(1_000) as u32;
    let chance = getrandom::u64().expect("the operating system gives random bytes");
    format!(
        "{seconds:08x}-{:08x}-{:08x}",
        chance >> 32,
        chance & 0xffff_ffff
    )
}

fn log(fault: &Fault, code: i32, rid: &str) {
    if let Some(failure) = fault.failure() {
        let failure: &dyn std::error::Error = failure;
        tracing::error!(rid, error = failure, "a WeChat call failed");
    } else {
        tracing::debug!(rid, code, "a WeChat call was refused");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rid_tells_its_time_and_is_never_the_same() {
        let now = 0x65a1_b2c3 * 1_000 + 999;
        let (one, two) = (rid(now), rid(now));
        assert!(one.starts_with("65a1b2c3-"), "{one}");
        assert_eq!(one.split('-').map(str::len).collect::<Vec<_>>(), [8, 8, 8]);
        assert_ne!(one, two);
    }
}
