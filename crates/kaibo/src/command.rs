//! One file a command.

pub(crate) mod anchor;
pub(crate) mod app;
pub(crate) mod backup;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod goods;
pub(crate) mod migrate;
pub(crate) mod room;
pub(crate) mod serve;
pub(crate) mod user;

use anyhow::bail;
use kaibo_app::{Clock, Kaibo, Settings};
use kaibo_store::Store;

use crate::cli::Place;
use crate::config::{self as configuration, Config};

/// The use cases for a command beside a server, or without one. An installation must be there: a
/// mistyped folder is told, not filled.
async fn kaibo(place: &Place) -> anyhow::Result<Kaibo> {
    let config = Config::load(place)?;
    let folder = &config.server.data_dir;
    if !Store::is_in(folder) {
        bail!(
            "there is no installation in {}; name its folder with --data-dir",
            folder.display()
        );
    }
    open(&config).await
}

/// As [`kaibo`], but begins an installation where there is none.
async fn kaibo_or_new(place: &Place) -> anyhow::Result<Kaibo> {
    open(&Config::load(place)?).await
}

async fn open(config: &Config) -> anyhow::Result<Kaibo> {
    let server = &config.server;
    let store = Store::open_with(&server.data_dir, &config.database()?).await?;
    let http = configuration::public_address(&server.public_http, "http", 80, server.http);
    let rtmp = configuration::public_address(&server.public_rtmp, "rtmp", 1935, server.rtmp);
    let settings = Settings::new(&config.app(), &http, &rtmp)?;
    Ok(Kaibo::new(store, Clock::System, settings))
}
