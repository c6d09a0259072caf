//! Tests of RTMP through its public face: byte literals, whole sessions, recorded encoders, bad input.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod amf0;
mod chunk;
mod client;
mod handshake;
mod hostile;
mod interleaving;
mod message;
mod pair;
mod peer;
mod publish;
mod reader;
mod recordings;
mod timestamps;
