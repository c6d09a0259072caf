//! `kaibo backup` and `kaibo restore`: an installation as a folder, and back.

use std::path::Path;

use anyhow::{Context as _, bail};
use kaibo_store::Store;
use serde_json::json;

use crate::cli::{BackupArgs, RestoreArgs};
use crate::config::Config;

/// Copies an installation, whether a server runs on it or not.
pub(crate) async fn backup(args: BackupArgs) -> anyhow::Result<()> {
    let config = Config::load(&args.place)?;
    let folder = &config.server.data_dir;
    if !Store::is_in(folder) {
        bail!(
            "there is no installation in {}; name its folder with --data-dir",
            folder.display()
        );
    }
    must_be_free(&args.to)?;
    let store = Store::open_with(folder, &config.database()?).await?;
    let copied = store.backup(&args.to).await?;
    store.close().await;
    println!(
        "{}",
        json!({
            "folder": args.to,
            "database": copied.database,
            "images": copied.images,
            "bytes": copied.bytes,
        })
    );
    if !copied.database {
        eprintln!(
            "kaibo: the database is a PostgreSQL and not in this folder; dump it with pg_dump \
             before each backup, so that every image it names is in the folder"
        );
    }
    Ok(())
}

/// Puts a backup where there is no installation, and looks whether it is whole.
pub(crate) async fn restore(args: RestoreArgs) -> anyhow::Result<()> {
    let config = Config::load(&args.place)?;
    let folder = &config.server.data_dir;
    if !Store::is_in(&args.from) {
        bail!("there is no backup in {}", args.from.display());
    }
    must_be_free(folder)?;
    let copied = Store::restore(&args.from, folder).await?;
    let store = Store::open_with(folder, &config.database()?)
        .await
        .context("the backup was copied, but cannot be opened")?;
    let unsound = store.check_database().await?;
    store.close().await;
    if let Some(unsound) = unsound {
        bail!("the backup's database is damaged ({unsound}); take an earlier backup");
    }
    println!(
        "{}",
        json!({
            "folder": folder,
            "database": copied.database,
            "images": copied.images,
            "bytes": copied.bytes,
        })
    );
    Ok(())
}

fn must_be_free(folder: &Path) -> anyhow::Result<()> {
    let free = match folder.read_dir() {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    };
    if !free {
        bail!(
            "{} is not empty; name a folder that is empty or not there yet",
            folder.display()
        );
    }
    Ok(())
}
