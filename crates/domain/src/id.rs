//! Names of things: apps, rooms, streams, goods.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An app (one merchant's mini program), such as `wx0123456789abcdef`: every row belongs to one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AppId(String);

/// A text is not an identifier of the wanted kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an app id has 4 to 64 letters, digits or underscores")]
pub struct InvalidAppId;

impl FromStr for AppId {
    type Err = InvalidAppId;

    fn from_str(text: &str) -> Result<Self, InvalidAppId> {
        let good = (4..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if good {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidAppId)
        }
    }
}

impl TryFrom<String> for AppId {
    type Error = InvalidAppId;

    fn try_from(text: String) -> Result<Self, InvalidAppId> {
        text.parse()
    }
}

impl From<AppId> for String {
    fn from(id: AppId) -> Self {
        id.0
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AppId {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A room's number: 1 to 2^31 - 1, unique in the installation, since SDKs keep it in an `int`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RoomId(pub i64);

impl RoomId {
    /// The largest id that a 32-bit signed integer holds.
    pub const MAX: i64 = (1 << 31) - 1;
}

impl fmt::Display for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RoomId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// The number of goods: 1 to 2^31 - 1, as a room's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GoodsId(pub i64);

impl fmt::Display for GoodsId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for GoodsId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// The number of one submission of goods to their audit: 1 to 2^31 - 1, as a room's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AuditId(pub i64);

/// The media name of a room: `{appid}-{roomId}`.
pub fn stream_name(app: &AppId, room: RoomId) -> String {
    format!("{app}-{room}")
}

/// Splits `{appid}-{roomId}`; `None` where it has another shape.
pub fn parse_stream_name(name: &str) -> Option<(AppId, RoomId)> {
    let (app, room) = name.rsplit_once('-')?;
    let plain = !room.starts_with('0') && room.bytes().all(|b| b.is_ascii_digit());
    let room: i64 = room
        .parse()
        .ok()
        .filter(|n| plain && (1..=RoomId::MAX).contains(n))?;
    Some((app.parse().ok()?, RoomId(room)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_name_comes_back_as_its_parts() {
        let app: AppId = "wx0123456789abcdef".parse().unwrap();
        let name = stream_name(&app, RoomId(33));
        assert_eq!(name, "wx0123456789abcdef-33");
        assert_eq!(parse_stream_name(&name), Some((app, RoomId(33))));
    }

    #[test]
    fn stream_names_of_another_shape_are_nobody_s() {
        for name in [
            "",
            "wx01",
            "wx0123-",
            "wx0123-0",
            "wx0123-01",
            "wx0123-+1",
            "wx0123-2147483648",
            "a/b-1",
        ] {
            assert_eq!(parse_stream_name(name), None, "{name}");
        }
    }

    #[test]
    fn app_ids_hold_no_separators() {
        assert!("wx-1234".parse::<AppId>().is_err());
        assert!("wx".parse::<AppId>().is_err());
        assert!("../etc".parse::<AppId>().is_err());
    }
}
