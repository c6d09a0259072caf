//! Kaibo's rules: values and `now` in, values out. No IO, no clock, no randomness: it cannot
//! fail, it can only refuse.

pub mod anchor;
pub mod customer_service;
pub mod draft;
pub mod endpoint;
pub mod event;
pub mod id;
pub mod net;
pub mod quota;
pub mod refusal;
pub mod role;
pub mod room;
pub mod status;
pub mod subscription;
pub mod text;

/// Milliseconds since the Unix epoch.
pub type UnixMs = i64;

/// One minute in milliseconds.
pub const MINUTE_MS: i64 = 60_000;
/// One hour in milliseconds.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
