//! What can fail between Kaibo and its memory. A "no" (limit, conflict) is never one of these.

use std::path::PathBuf;
use std::sync::Arc;

use crate::keys::{KeyError, SealError};

/// The store could not do what was asked. A write that failed has left nothing behind.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or did not answer.
    #[error("the database failed: {0}; see the cause, then try again")]
    Database(#[source] Arc<sqlx::Error>),
    /// No room left for the database.
    #[error(
        "no space left for the database: free space on the disk of the data folder; writes then work again"
    )]
    Full(#[source] Arc<sqlx::Error>),
    /// Another process held the database for longer than [`crate::BUSY_MS`].
    #[error(
        "another process keeps the database locked: let it finish (or stop it), then try again"
    )]
    Busy(#[source] Arc<sqlx::Error>),
    /// The tables could not be brought to this version's shape.
    #[error(
        "the database's tables do not fit this version of kaibo: {0}; use the version that last opened it, or a newer one"
    )]
    Migrate(#[source] Arc<sqlx::migrate::MigrateError>),
    /// A file of the data folder could not be used.
    #[error("cannot use {}: {source}; check that the folder exists and belongs to this user", path.display())]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// The master key cannot be used.
    #[error(transparent)]
    Key(#[from] Arc<KeyError>),
    /// A stored secret does not open.
    #[error(
        "a sealed value of {what} does not open: {source}; restore master.key and kaibo.db from the same backup"
    )]
    Sealed {
        /// Whose.
        what: String,
        /// Why.
        #[source]
        source: SealError,
    },
    /// A stored value is none that this version writes.
    #[error(
        "the database holds a {column} that this version cannot read: {detail}; was it written by a newer kaibo?"
    )]
    Unreadable {
        /// Column.
        column: &'static str,
        /// What is wrong with it, without the value itself.
        detail: String,
    },
    /// Every id from 1 to 2^31 - 1 has been given out.
    #[error("every room id has been given out: start a new installation")]
    NoMoreRoomIds,
    /// An image's name is not 32 of `a-z0-9`.
    #[error("an image's name must be 32 characters of a-z and 0-9")]
    ImageName,
    /// The store was closed: the server is stopping.
    #[error("the store is closed: the server is stopping, try again when it is back")]
    Closed,
}

impl StoreError {
    pub(crate) fn file(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::File {
            path: path.into(),
            source: Arc::new(source),
        }
    }

    /// The connection itself is of no more use, whatever it is asked next.
    pub(crate) fn breaks_connection(&self) -> bool {
        matches!(self, Self::Database(e) if e.as_database_error().is_none())
    }
}

impl From<KeyError> for StoreError {
    fn from(error: KeyError) -> Self {
        Self::Key(Arc::new(error))
    }
}
