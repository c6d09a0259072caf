//! SQLite: one file of the data folder.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};

use super::BUSY_MS;
use crate::error::StoreError;

/// Name of the database's file in the data folder.
pub const DATABASE_FILE: &str = "kaibo.db";

/// A number that changes when another connection, of this or another process, has committed.
pub(super) const DATA_VERSION: &str = "PRAGMA data_version";

pub(super) const HAS_TABLE: &str =
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name = $1";

/// Where the file is.
#[derive(Clone)]
pub(crate) struct SqlitePlace {
    file: PathBuf,
}

impl SqlitePlace {
    pub(super) fn new(data_dir: &Path) -> Self {
        Self {
            file: data_dir.join(DATABASE_FILE),
        }
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Makes an empty file that only its owner reads; SQLite gives its side files the same mode.
    pub(super) fn create(&self) -> Result<(), StoreError> {
        OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.file)
            .map(drop)
            .map_err(|e| StoreError::file(&self.file, e))
    }

    fn options(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(&self.file)
            .foreign_keys(true)
            .busy_timeout(Duration::from_millis(BUSY_MS))
            .disable_statement_logging()
    }

    /// A connection that writes. An acknowledged commit survives the loss of power.
    pub(super) async fn writer(&self) -> Result<SqliteConnection, StoreError> {
        let options = self
            .options()
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let conn = options.connect().await.map_err(failure)?;
        #[cfg(debug_assertions)]
        let conn = with_points(conn).await?;
        Ok(conn)
    }

    /// A connection that only reads.
    pub(super) async fn reader(&self) -> Result<SqliteConnection, StoreError> {
        let options = self.options().pragma("query_only", "on");
        options.connect().await.map_err(failure)
    }
}

/// Points also amid a statement, and so amid a migration.
#[cfg(debug_assertions)]
async fn with_points(mut conn: SqliteConnection) -> Result<SqliteConnection, StoreError> {
    let mut handle = conn.lock_handle().await.map_err(failure)?;
    handle.set_progress_handler(50, || {
        crate::crash::point("amid a statement");
        true
    });
    drop(handle);
    Ok(conn)
}

// The low byte of SQLite's result code is its kind (https://sqlite.org/rescode.html).
const SQLITE_BUSY: i64 = 5;
const SQLITE_FULL: i64 = 13;

pub(super) fn failure(error: sqlx::Error) -> StoreError {
    let code = error
        .as_database_error()
        .and_then(|e| e.code()?.parse::<i64>().ok());
    let error = Arc::new(error);
    match code.map(|c| c & 0xff) {
        Some(SQLITE_BUSY) => StoreError::Busy(error),
        Some(SQLITE_FULL) => StoreError::Full(error),
        _ => StoreError::Database(error),
    }
}
