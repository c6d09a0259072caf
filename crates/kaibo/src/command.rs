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
    open(&installation(place)?).await
}

/// As [`kaibo`], but begins an installation where there is none.
async fn kaibo_or_new(place: &Place) -> anyhow::Result<Kaibo> {
    open(&Config::load(place)?).await
}

/// As [`kaibo`], for a command that calls others.
async fn kaibo_that_calls(place: &Place) -> anyhow::Result<Kaibo> {
    let config = installation(place)?;
    let outbound = kaibo_outbound::Calls::shared(config.outbound.clone());
    let (store, settings) = parts(&config).await?;
    Ok(Kaibo::with_outbound(
        store,
        Clock::System,
        settings,
        outbound,
    ))
}

fn installation(place: &Place) -> anyhow::Result<Config> {
    let config = Config::load(place)?;
    let folder = &config.server.data_dir;
    if !Store::is_in(folder) {
        bail!(
            "there is no installation in {}; name its folder with --data-dir",
            folder.display()
        );
    }
    Ok(config)
}

async fn open(config: &Config) -> anyhow::Result<Kaibo> {
    let (store, settings) = parts(config).await?;
    Ok(Kaibo::new(store, Clock::System, settings))
}

async fn parts(config: &Config) -> anyhow::Result<(Store, Settings)> {
    let server = &config.server;
    let store = Store::open_with(&server.data_dir, &config.database()?).await?;
    let http = configuration::public_address(&server.public_http, "http", 80, server.http);
    let rtmp = configuration::public_address(&server.public_rtmp, "rtmp", 1935, server.rtmp);
    let settings = Settings::new(&config.app(), &http, &rtmp)?;
    Ok((store, settings))
}
