//! The WeChat-compatible API through its router: one file per path, each case on a store and a
//! clock of its own.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calls;
mod getliveinfo;
mod media;
mod room_create;
mod room_deleteroom;
mod room_editroom;
mod room_getpushurl;
mod sdks;
mod stable_token;
mod token;
mod world;
