//! A room's share code, and what it hands on besides the room: parameters of the merchant's own.

use std::fmt;

use serde_json::{Map, Value};

/// Most characters of custom parameters as they stand in an address (the viewer plugin's bound).
pub const MAX_PARAMS: usize = 600;
/// Most codes of one room: one for each of its sharers, and no way to fill the house.
pub const MAX_CODES: i64 = 10_000;

/// Why a room is not shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareRefusal {
    /// Not an object in JSON, or too long.
    #[error("custom parameters are an object in JSON of at most {MAX_PARAMS} characters, encoded")]
    Params,
    /// No such code.
    #[error("no such share code")]
    Unknown,
    /// The room has as many codes as it may.
    #[error("the room has {MAX_CODES} codes, as many as it may; use one that there is")]
    TooMany,
}

/// Custom parameters: an object in JSON, always written the same way; none are an empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomParams(String);

impl CustomParams {
    /// Reads them as a merchant writes them: JSON, or that encoded as a part of an address.
    /// Blank, or an object without keys: none.
    pub fn read(text: &str) -> Result<Self, ShareRefusal> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::default());
        }
        // Encoded, a character of what counts has at most three of these.
        if text.len() > 3 * MAX_PARAMS {
            return Err(ShareRefusal::Params);
        }
        let decoded = if text.starts_with('{') {
            text.to_owned()
        } else {
            decode(text).ok_or(ShareRefusal::Params)?
        };
        let object: Map<String, Value> =
            serde_json::from_str(&decoded).map_err(|_| ShareRefusal::Params)?;
        if object.is_empty() {
            return Ok(Self::default());
        }
        let params = Self(Value::Object(object).to_string());
        if params.encoded().len() > MAX_PARAMS {
            return Err(ShareRefusal::Params);
        }
        Ok(params)
    }

    /// What [`CustomParams::as_str`] gave.
    pub fn kept(text: String) -> Self {
        Self(text)
    }

    /// JSON, or nothing.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As JavaScript's `encodeURIComponent` writes them: once, as pages of mini programs decode.
    pub fn encoded(&self) -> String {
        use fmt::Write as _;
        let mut encoded = String::new();
        for byte in self.0.bytes() {
            if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
                encoded.push(char::from(byte));
            } else {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
        encoded
    }
}

/// Percent decoding; `None` where it is broken off or no UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return None;
            }
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, ShareRefusal> {
        CustomParams::read(text).map(|params| params.as_str().to_owned())
    }

    #[test]
    fn the_same_parameters_are_one_text_however_they_are_written() {
        let wanted = Ok(r#"{"path":"pages/index","pid":1}"#.to_owned());
        for text in [
            r#"{"pid":1,"path":"pages/index"}"#,
            r#" { "path" : "pages/index", "pid" : 1 } "#,
            "%7B%22pid%22%3A1%2C%22path%22%3A%22pages%2Findex%22%7D",
        ] {
            assert_eq!(read(text), wanted, "{text}");
        }
        for none in ["", "  ", "{}", "%7B%7D"] {
            assert_eq!(read(none), Ok(String::new()));
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for bad in ["%7Bbad", "{bad}", "[1]", "7", "%7", "%zz", "%FF", "%+7"] {
            assert_eq!(read(bad), Err(ShareRefusal::Params), "{bad}");
        }
        let deep = "{\"a\":".repeat(200) + "1" + &"}".repeat(200);
        assert_eq!(read(&deep), Err(ShareRefusal::Params));
    }

    #[test]
    fn six_hundred_characters_count_as_they_stand_in_an_address() {
        // {"p":"…"}: six marks that are encoded, and one letter.
        let of = |length: usize| format!(r#"{{"p":"{}"}}"#, "x".repeat(length));
        let longest = CustomParams::read(&of(600 - 22)).unwrap();
        assert_eq!(longest.encoded().len(), 600);
        assert_eq!(read(&of(600 - 21)), Err(ShareRefusal::Params));
        let chinese = format!(r#"{{"p":"{}"}}"#, "来".repeat(65));
        assert_eq!(read(&chinese), Err(ShareRefusal::Params));
        let huge = "%7B".repeat(100_000);
        assert_eq!(read(&huge), Err(ShareRefusal::Params));
    }

    #[test]
    fn they_are_encoded_as_javascript_does() {
        let params = CustomParams::read(r#"{"path":"a/b?c=1&d=~!*'()","who":"小林"}"#).unwrap();
        assert_eq!(
            params.encoded(),
            "%7B%22path%22%3A%22a%2Fb%3Fc%3D1%26d%3D~!*'()%22%2C%22who%22%3A%22%E5%B0%8F%E6%9E%97%22%7D"
        );
    }
}
