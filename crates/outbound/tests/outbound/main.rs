//! Calls that leave the house, to a server on loopback.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod alerts;
mod calls;
mod deliveries;
mod share_codes;
mod verifiers;
mod wechat;
