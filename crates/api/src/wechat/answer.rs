//! The shape of every answer: HTTP 200, `errcode` and `errmsg` always there, a rid behind each
//! failure (spec section 2, rule R3).

use axum::Json;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use kaibo_domain::UnixMs;
use serde_json::{Map, Value, json};

use super::errcode::{Fault, verdict};

/// A success: what stands beside `errcode` 0.
#[derive(Debug, Default)]
pub(super) struct Answer(Map<String, Value>);

impl Answer {
    /// Nothing but `errcode` and `errmsg`.
    pub(super) fn ok() -> Self {
        Self::default()
    }

    /// With one more key at top level.
    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }
}

/// The response for an outcome. `now` stamps the rid. A failure is logged here, once, under the
/// rid that the caller sees.
pub(super) fn respond(now: UnixMs, outcome: Result<Answer, Fault>) -> Response {
    let (code, message, mut body) = match outcome {
        Ok(answer) => (0, "ok".to_owned(), answer.0),
        Err(fault) => {
            let rid = rid(now);
            let verdict = verdict(&fault);
            log(&fault, verdict.code, &rid);
            let message = format!("{} rid: {rid}", verdict.message);
            (verdict.code, message, verdict.beside)
        }
    };
    body.insert("errcode".to_owned(), json!(code));
    body.insert("errmsg".to_owned(), json!(message));
    ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
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
    if let Fault::Failed(failure) | Fault::PartFailed(_, failure) = fault {
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
