//! One file a command.

pub(crate) mod anchor;
pub(crate) mod app;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod room;
pub(crate) mod serve;
pub(crate) mod user;

use kaibo_app::{Clock, Kaibo, Settings};
use kaibo_store::Store;

use crate::cli::Place;
use crate::config::{self as configuration, Config};

/// The use cases for a command beside a server, or without one.
async fn kaibo(place: &Place) -> anyhow::Result<Kaibo> {
    let config = Config::load(place)?;
    let store = Store::open(&config.server.data_dir).await?;
    let server = &config.server;
    let http = configuration::public_address(&server.public_http, "http", 80, server.http);
    let rtmp = configuration::public_address(&server.public_rtmp, "rtmp", 1935, server.rtmp);
    Ok(Kaibo::new(
        store,
        Clock::System,
        Settings::new(&config.app(), &http, &rtmp)?,
    ))
}
