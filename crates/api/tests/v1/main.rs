//! Kaibo's own API through the router, over a real store and a clock that tests set.

#![expect(
    clippy::unwrap_used,
    reason = "clippy lets test functions unwrap, but not what they share"
)]

mod admission;
mod apps;
mod bots;
mod broadcast;
mod document;
mod door;
mod goods;
mod identities;
mod media;
mod operations;
mod people;
mod quota;
mod reviewers;
mod rooms;
mod servers;
mod session;
mod share_codes;
mod subscriptions;
mod switches;
mod users;
mod viewer;
mod wechat;
mod world;
