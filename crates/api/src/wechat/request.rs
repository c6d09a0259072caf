//! What a caller sent, in whatever dress it came: JSON or form, any or no Content-Type, numbers
//! as strings (spec sections 2 and 12.1, rules R1 and R2).

use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::StreamExt as _;
use kaibo_domain::id::RoomId;
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::errcode::{CallFault, Fault};
use super::form;

/// Largest body of a call other than an upload.
pub(super) const MAX_BODY_BYTES: usize = 1024 * 1024;
/// A larger body is read to its end up to here, so that the caller gets to read the answer
/// instead of a reset connection.
const MAX_DRAINED_BYTES: usize = 16 * 1024 * 1024;
/// How long the next piece of a body may take to arrive.
const PIECE: Duration = Duration::from_secs(10);
/// How long a whole body may take to arrive.
const WHOLE: Duration = Duration::from_mins(1);

/// Spellings of a room's id, all taken everywhere.
const ROOM_ID_KEYS: [&str; 4] = ["id", "roomId", "room_id", "roomid"];

/// Reads a body of at most `cap` bytes. `Ok(None)` when it is longer; `Err` when the caller broke
/// off or took too long.
pub(super) async fn read_body(body: Body, cap: usize) -> Result<Option<Bytes>, Fault> {
    match timeout(WHOLE, collect(body, cap)).await {
        Ok(read) => read,
        Err(_) => Err(CallFault::BodyUnreadable.into()),
    }
}

async fn collect(body: Body, cap: usize) -> Result<Option<Bytes>, Fault> {
    let mut stream = body.into_data_stream();
    let mut held = Vec::new();
    let mut seen = 0_usize;
    loop {
        let chunk = match timeout(PIECE, stream.next()).await {
            Ok(Some(Ok(chunk))) => chunk,
            Ok(None) => break,
            Ok(Some(Err(_))) | Err(_) => return Err(CallFault::BodyUnreadable.into()),
        };
        seen = seen.saturating_add(chunk.len());
        if seen > MAX_DRAINED_BYTES {
            return Ok(None);
        }
        if seen <= cap {
            held.extend_from_slice(&chunk);
        } else {
            held = Vec::new();
        }
    }
    Ok((seen <= cap).then(|| held.into()))
}

/// The parameters of one call. Not to be printed: secrets may be among them.
pub(super) struct Params(Map<String, Value>);

impl Params {
    /// From a query string, without its `?`.
    pub(super) fn from_query(query: &str) -> Result<Self, Fault> {
        form::read(query.as_bytes())
            .map(Self)
            .ok_or_else(|| CallFault::BodyUnreadable.into())
    }

    /// Of a call none of whose fields is seen.
    pub(super) fn none() -> Self {
        Self(Map::new())
    }

    /// From a body, read as what it is: an object in JSON, else a form.
    pub(super) fn from_body(body: &[u8]) -> Result<Self, Fault> {
        let form = trimmed(body);
        let may_be = form.contains(&b'=') && !form.starts_with(b"[") && !form.starts_with(b"\"");
        if !may_be || form.starts_with(b"{") {
            return Self::from_json(body);
        }
        form::read(form)
            .map(Self)
            .ok_or_else(|| CallFault::BodyUnreadable.into())
    }

    /// From a body that must be an object in JSON.
    pub(super) fn from_json(body: &[u8]) -> Result<Self, Fault> {
        let body = trimmed(body);
        if body.is_empty() {
            return Err(CallFault::BodyEmpty.into());
        }
        // serde_json itself stops at a depth of 128.
        serde_json::from_slice(body)
            .map(Self)
            .map_err(|_| CallFault::BodyUnreadable.into())
    }

    /// These, with those of `other` where these have none.
    pub(super) fn or(mut self, other: Self) -> Self {
        for (key, value) in other.0 {
            self.0.entry(key).or_insert(value);
        }
        self
    }

    /// A text; a number is read as its digits. `None` when absent, null or blank.
    pub(super) fn text(&self, key: &'static str) -> Result<Option<String>, Fault> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(CallFault::Invalid(key).into()),
        }
    }

    /// A text that must be there.
    pub(super) fn required_text(&self, key: &'static str) -> Result<String, Fault> {
        self.text(key)?
            .ok_or_else(|| CallFault::Missing(key).into())
    }

    /// A whole number: `5`, `"5"`, `5.0`, `true`. `None` when absent, null or blank.
    pub(super) fn integer(&self, key: &'static str) -> Result<Option<i64>, Fault> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(value) => match integer_of(value) {
                Some(number) => Ok(Some(number)),
                None => Err(CallFault::Invalid(key).into()),
            },
        }
    }

    /// A whole number that must be there.
    pub(super) fn required_integer(&self, key: &'static str) -> Result<i64, Fault> {
        self.integer(key)?
            .ok_or_else(|| CallFault::Missing(key).into())
    }

    /// A switch, 0 or 1. `None` when absent.
    pub(super) fn switch(&self, key: &'static str) -> Result<Option<bool>, Fault> {
        match self.integer(key)? {
            None => Ok(None),
            Some(0) => Ok(Some(false)),
            Some(1) => Ok(Some(true)),
            Some(_) => Err(CallFault::Invalid(key).into()),
        }
    }

    /// A switch that must be there.
    pub(super) fn required_switch(&self, key: &'static str) -> Result<bool, Fault> {
        self.switch(key)?
            .ok_or_else(|| CallFault::Missing(key).into())
    }

    /// The objects of a list, `[]` without one; a single object stands for a list of it.
    pub(super) fn rows(&self, key: &'static str) -> Result<Vec<Self>, Fault> {
        let rows = match self.0.get(key) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(rows)) => rows.as_slice(),
            Some(row) => std::slice::from_ref(row),
        };
        let read = |row: &Value| row.as_object().cloned().map(Self);
        let read: Option<Vec<Self>> = rows.iter().map(read).collect();
        read.ok_or_else(|| CallFault::Invalid(key).into())
    }

    /// An object; `None` when absent, null, empty or something else.
    pub(super) fn object(&self, key: &'static str) -> Option<Self> {
        let object = self.0.get(key)?.as_object()?;
        (!object.is_empty()).then(|| Self(object.clone()))
    }

    /// The whole numbers of a list that must be there; a single one stands for a list of it.
    pub(super) fn required_integers(&self, key: &'static str) -> Result<Vec<i64>, Fault> {
        let items = match self.0.get(key) {
            None | Some(Value::Null) => return Err(CallFault::Missing(key).into()),
            Some(Value::Array(items)) => items.as_slice(),
            Some(item) => std::slice::from_ref(item),
        };
        let read = |item: &Value| integer_of(item).ok_or_else(|| CallFault::Invalid(key).into());
        items.iter().map(read).collect()
    }

    /// The texts of a list. `None` when absent or null; an error when it is no list of texts.
    pub(super) fn texts(&self, key: &'static str) -> Result<Option<Vec<String>>, Fault> {
        let items = match self.0.get(key) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(CallFault::Invalid(key).into()),
        };
        let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
        let texts: Option<Vec<String>> = texts.collect();
        texts
            .map(Some)
            .ok_or_else(|| CallFault::Invalid(key).into())
    }

    /// The room's id under any of its spellings; `documented` is the one for the error text.
    pub(super) fn room_id(&self, documented: &'static str) -> Result<RoomId, Fault> {
        for key in [documented].into_iter().chain(ROOM_ID_KEYS) {
            if let Some(number) = self.integer(key)? {
                return Ok(RoomId(number));
            }
        }
        Err(CallFault::Missing(documented).into())
    }
}

/// Without a byte order mark and the blanks around it.
fn trimmed(body: &[u8]) -> &[u8] {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    body.trim_ascii()
}

/// A number that is not below its least.
pub(super) fn at_least(number: i64, least: i64, key: &'static str) -> Result<i64, Fault> {
    if number < least {
        return Err(CallFault::Invalid(key).into());
    }
    Ok(number)
}

fn integer_of(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => integer_in(text.trim()),
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::Bool(on) => Some(i64::from(*on)),
        _ => None,
    }
}

fn integer_in(text: &str) -> Option<i64> {
    match text {
        "true" => Some(1),
        "false" => Some(0),
        _ => text.parse().ok().or_else(|| whole(text.parse().ok()?)),
    }
}

/// A float without fraction that an `f64` holds exactly.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;

    use super::*;

    fn body(text: &str) -> Params {
        Params::from_body(text.as_bytes()).unwrap()
    }

    #[test]
    fn numbers_come_in_many_dresses() {
        let params = body(
            r#"{"a":5,"b":"5","c":5.0,"d":" 5 ","e":true,"f":"false","g":"5.0","h":null,"i":""}"#,
        );
        for key in ["a", "b", "c", "d", "g"] {
            assert_eq!(params.integer(key).unwrap(), Some(5), "{key}");
        }
        assert_eq!(params.switch("e").unwrap(), Some(true));
        assert_eq!(params.switch("f").unwrap(), Some(false));
        assert_eq!(params.integer("h").unwrap(), None);
        assert_eq!(params.integer("i").unwrap(), None);
        assert_eq!(params.integer("absent").unwrap(), None);
    }

    #[test]
    fn what_is_no_whole_number_is_refused() {
        let params = body(r#"{"a":"x","b":1.5,"c":[1],"d":1e300,"e":"NaN","f":{"x":1},"g":"inf"}"#);
        for key in ["a", "b", "c", "d", "e", "f", "g"] {
            assert!(params.integer(key).is_err(), "{key}");
        }
    }

    #[test]
    fn a_switch_is_nought_or_one() {
        assert!(body(r#"{"a":2}"#).switch("a").is_err());
        assert!(body(r#"{"a":-1}"#).switch("a").is_err());
    }

    #[test]
    fn the_body_is_read_as_what_it_is() {
        assert_eq!(
            body("\u{feff} {\"a\":\"1\"}\n").integer("a").unwrap(),
            Some(1)
        );
        assert_eq!(body("a=1&b=%E5%BC%80").text("b").unwrap().unwrap(), "开");
        for bad in [
            "{bad",
            "[1]",
            "\"a=b\"",
            "hello",
            "{\"a\":1} x",
            "{\"a\":1",
            "{'a':1}",
        ] {
            assert!(Params::from_body(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(Params::from_body(b"{\"a\":\"\xff\"}").is_err());
    }

    #[test]
    fn deep_json_is_refused_without_harm() {
        let deep = format!("{{\"a\":{}", "[".repeat(500_000));
        assert!(Params::from_body(deep.as_bytes()).is_err());
    }

    #[test]
    fn a_list_of_numbers_comes_in_many_dresses() {
        let ids = |text: &str| body(text).required_integers("ids").ok();
        for text in [
            r#"{"ids":[7,8]}"#,
            r#"{"ids":["7",8.0]}"#,
            "ids[0]=7&ids[1]=8",
            "ids[]=7&ids[]=8",
        ] {
            assert_eq!(ids(text).unwrap(), [7, 8], "{text}");
        }
        assert_eq!(ids(r#"{"ids":7}"#).unwrap(), [7]);
        assert_eq!(ids(r#"{"ids":[]}"#).unwrap(), [0; 0]);
        for text in [
            r#"{"ids":[null]}"#,
            r#"{"ids":["x"]}"#,
            r#"{"ids":[[7]]}"#,
            "a=1",
        ] {
            assert!(ids(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_list_of_texts_holds_texts_alone() {
        let keys = |text: &str| body(text).texts("k").ok();
        assert_eq!(keys(r#"{"k":["a","b"]}"#).unwrap().unwrap(), ["a", "b"]);
        assert_eq!(keys("k[0]=a&k[1]=b").unwrap().unwrap(), ["a", "b"]);
        assert_eq!(keys("{}").unwrap(), None);
        for text in [r#"{"k":"a"}"#, r#"{"k":[1]}"#, r#"{"k":{"a":"b"}}"#] {
            assert!(keys(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_list_holds_objects() {
        let names = |text: &str| {
            let rows = body(text).rows("a").ok()?;
            let name = |row: &Params| row.text("b").unwrap().unwrap();
            Some(rows.iter().map(name).collect::<Vec<_>>())
        };
        assert_eq!(names(r#"{"a":[{"b":"x"},{"b":"y"}]}"#).unwrap(), ["x", "y"]);
        assert_eq!(names(r#"{"a":{"b":"x"}}"#).unwrap(), ["x"]);
        assert_eq!(names("a[0][b]=x&a[1][b]=y").unwrap(), ["x", "y"]);
        assert_eq!(names("{}").unwrap(), [""; 0]);
        assert_eq!(names(r#"{"a":["x"]}"#), None);
        assert_eq!(names(r#"{"a":"x"}"#), None);
    }

    #[test]
    fn numeric_texts_are_texts() {
        assert_eq!(body(r#"{"a":12345}"#).text("a").unwrap().unwrap(), "12345");
        assert_eq!(body(r#"{"a":"  "}"#).text("a").unwrap(), None);
        assert!(body(r#"{"a":["x"]}"#).text("a").is_err());
    }

    #[test]
    fn every_spelling_of_a_room_id_is_taken() {
        for text in [r#"{"id":7}"#, r#"{"roomId":"7"}"#, "room_id=7", "roomid=7"] {
            assert_eq!(body(text).room_id("id").unwrap(), RoomId(7), "{text}");
        }
        assert!(body("{}").room_id("id").is_err());
    }

    #[tokio::test]
    async fn a_body_past_the_cap_is_read_off_and_not_kept() {
        let read = |size| read_body(Body::from(vec![b' '; size]), 100);
        assert_eq!(read(100).await.unwrap().unwrap().len(), 100);
        assert!(read(101).await.unwrap().is_none());
        assert!(read(MAX_DRAINED_BYTES + 1).await.unwrap().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_arriving_is_given_up() {
        let begun = tokio::time::Instant::now();
        let stalled = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
        assert!(read_body(stalled, 100).await.is_err());
        assert_eq!(begun.elapsed().as_secs(), 10);

        let begun = tokio::time::Instant::now();
        let dripping = Body::from_stream(stream::unfold((), async |()| {
            tokio::time::sleep(Duration::from_secs(9)).await;
            Some((Ok::<_, Infallible>(Bytes::from_static(b"x")), ()))
        }));
        assert!(read_body(dripping, 100).await.is_err());
        assert_eq!(begun.elapsed().as_secs(), 60);
    }
}
