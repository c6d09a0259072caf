//! What can fail between Kaibo and its memory. A "no" (limit, conflict) is never one of these.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use crate::db;
use crate::keys::{KeyError, SealError};

/// The store could not do what was asked. A write that failed has left nothing behind.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or did not answer.
    #[error("the database failed: {0}; {advice}", advice = db::advice(.0))]
    Database(#[source] Arc<sqlx::Error>),
    /// The connection went away while a commit was under way.
    #[error(
        "the connection to the database was lost while saving ({0}): the change may or may not have been saved; look before you try again"
    )]
    Uncertain(#[source] Arc<sqlx::Error>),
    /// The setting that names the database cannot be used; without its text, which holds a password.
    #[error(
        "server.database_url cannot be used: {0}; write postgres://user:password@host/database"
    )]
    Url(String),
    /// A PostgreSQL database that cannot hold every text.
    #[error("the database is not in UTF-8: create it with ENCODING 'UTF8'")]
    Encoding,
    /// A newer kaibo has changed the tables.
    #[error(
        "a newer kaibo has opened this database (its tables are at step {found}, this one knows steps up to {newest}): use that version or a newer one"
    )]
    Newer {
        /// A step that was taken and is not known here.
        found: i64,
        /// The last step that is known here.
        newest: i64,
    },
    /// No room left for the database.
    #[error("no space left for the database: free space on its disk; writes then work again")]
    Full(#[source] Arc<sqlx::Error>),
    /// Others held the database for longer than [`crate::BUSY_MS`].
    #[error(
        "the database is busy ({0}): let the process that keeps it locked finish (or stop it), then try again"
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
        "a sealed value of {what} does not open: {source}; restore master.key and the database from the same backup"
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
    #[error("every id of this kind has been given out: start a new installation")]
    NoMoreIds,
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
        match self {
            Self::Database(error) => db::breaks_connection(error),
            Self::Uncertain(_) => true,
            _ => false,
        }
    }

    /// Nothing of the transaction in which it arose is left to go on with.
    pub(crate) fn undoes_batch(&self) -> bool {
        self.is_collision() || self.breaks_connection()
    }

    /// The connection was cut; another may well be had, and work that left no trace be done on it.
    pub(crate) fn is_lost_connection(&self) -> bool {
        let timed_out =
            |e: &sqlx::Error| matches!(e, sqlx::Error::Io(e) if e.kind() == ErrorKind::TimedOut);
        matches!(self, Self::Database(e) if db::breaks_connection(e) && !timed_out(e))
    }

    /// Two transactions were in each other's way: done anew, the work may well succeed.
    pub(crate) fn is_collision(&self) -> bool {
        matches!(self, Self::Busy(e) if db::is_collision(e))
    }
}

impl From<KeyError> for StoreError {
    fn from(error: KeyError) -> Self {
        Self::Key(Arc::new(error))
    }
}
