//! Kaibo's rules: values and `now` in, values out. No IO, no clock, no randomness: it cannot
//! fail, it can only refuse.

pub mod admission;
pub mod alert;
pub mod anchor;
pub mod assistant;
pub mod category;
pub mod customer_service;
pub mod door;
pub mod draft;
pub mod endpoint;
pub mod event;
pub mod goods;
pub mod id;
pub mod identity;
pub mod net;
pub mod person;
pub mod quota;
pub mod refusal;
pub mod role;
pub mod room;
pub mod share_code;
pub mod shelf;
pub mod status;
pub mod subscription;
pub mod text;
pub mod user;
pub mod verdict;
pub mod wechat;
pub mod words;

/// Milliseconds since the Unix epoch.
pub type UnixMs = i64;

/// One minute in milliseconds.
pub const MINUTE_MS: i64 = 60_000;
/// One hour in milliseconds.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
