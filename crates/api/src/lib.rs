//! Kaibo over HTTP: the WeChat-compatible API, Kaibo's own /v1, images and web pages. It knows the
//! use cases (`kaibo-app`) and their values (`kaibo-domain`), and nothing of streams or SQL.

mod auth;
mod body;
mod caller;
mod config;
mod error;
mod etag;
mod health;
mod images;
mod language;
mod message;
pub mod openapi;
mod pages;
mod peer;
mod quota_headers;
mod repeat;
mod request_id;
mod router;
mod share_codes;
mod sse;
mod state;
mod v1;
pub mod wechat;

pub use config::ApiConfig;
pub use health::Metrics;
pub use peer::{ClientIp, InvalidIpNet, IpNet};
pub use router::router;
