//! The WeChat-compatible API through its router: every case of the contract, and one file per path
//! for what no case says, each on a store and a clock of its own.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod assistants;
mod calls;
mod cases;
mod getliveinfo;
mod goods;
mod kept_pages;
mod media;
mod pass_through;
mod repeats;
mod roles;
mod room_create;
mod room_deleteroom;
mod room_editroom;
mod room_getpushurl;
mod room_getsharedcode;
mod sdks;
mod stable_token;
mod strict;
mod sub_anchors;
mod subscriptions;
mod token;
mod world;
