//! The database: connections and what goes over them. The only place that knows which one it is.

mod claim;
mod migrations;
mod others;
mod postgres;
mod readers;
mod sqlite;
mod value;

use std::fmt;
use std::path::Path;

use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Error};

use crate::crash;
use crate::error::StoreError;

pub(crate) use claim::{Claim, Claimed};
pub use migrations::Migration;
pub(crate) use others::Others;
pub(crate) use postgres::{PostgresPlace, advice};
pub(crate) use readers::Readers;
pub use sqlite::DATABASE_FILE;
pub(crate) use value::{Row, Value, args};

use postgres::answer;
use sqlite::SqlitePlace;
use value::bound;

/// How long a write waits for another process that is writing, in milliseconds.
pub const BUSY_MS: u64 = 5_000;

/// Which database holds an installation's rows; the key and the images are in the folder anyway.
/// Holds a password, so it prints none.
#[derive(Clone)]
pub struct Database {
    postgres: Option<PostgresPlace>,
    readers: usize,
}

/// SQLite in the data folder.
impl Default for Database {
    fn default() -> Self {
        Self {
            postgres: None,
            readers: 4,
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.postgres {
            None => f.write_str("SQLite"),
            Some(place) => write!(f, "{place}"),
        }
    }
}

impl Database {
    /// The database of a URL (`postgres://user:password@host/name`); of none, SQLite.
    pub fn from_url(url: &str) -> Result<Self, StoreError> {
        let postgres = match url {
            "" => None,
            url => Some(PostgresPlace::from_url(url)?),
        };
        Ok(Self {
            postgres,
            ..Self::default()
        })
    }

    /// With so many connections that read at the same time, at least one.
    pub fn with_readers(mut self, readers: usize) -> Self {
        self.readers = readers.max(1);
        self
    }

    pub(crate) fn readers(&self) -> usize {
        self.readers
    }

    pub(crate) fn place(&self, data_dir: &Path) -> Place {
        match &self.postgres {
            None => Place::Sqlite(SqlitePlace::new(data_dir)),
            Some(place) => Place::Postgres(place.clone()),
        }
    }
}

/// Where the database is, and how to reach it.
#[derive(Clone)]
pub(crate) enum Place {
    Sqlite(SqlitePlace),
    Postgres(PostgresPlace),
}

/// For people, without the password.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(place) => place.file().display().fmt(f),
            Self::Postgres(place) => place.fmt(f),
        }
    }
}

impl Place {
    /// A connection that opens the database; nobody else does so before it is closed. `None`:
    /// there is no database yet.
    pub(crate) async fn opener(&self) -> Result<Option<Conn>, StoreError> {
        match self {
            // The folder's own lock keeps others out.
            Self::Sqlite(place) if !place.file().exists() => Ok(None),
            Self::Sqlite(place) => place.writer().await.map(Conn::Sqlite).map(Some),
            Self::Postgres(place) => place.opener().await.map(Conn::Postgres).map(Some),
        }
    }

    /// As [`Place::opener`], of a database that is made where there is none.
    pub(crate) async fn create(&self) -> Result<Conn, StoreError> {
        if let Self::Sqlite(place) = self {
            place.create()?;
        }
        let conn = self.opener().await?;
        Ok(conn.expect("the database was made above, or is a server's"))
    }

    /// A connection that writes.
    pub(crate) async fn writer(&self) -> Result<Conn, StoreError> {
        match self {
            Self::Sqlite(place) => place.writer().await.map(Conn::Sqlite),
            Self::Postgres(place) => place.writer().await.map(Conn::Postgres),
        }
    }

    /// A connection that only reads.
    pub(crate) async fn reader(&self) -> Result<Conn, StoreError> {
        match self {
            Self::Sqlite(place) => place.reader().await.map(Conn::Sqlite),
            Self::Postgres(place) => place.reader().await.map(Conn::Postgres),
        }
    }
}

/// One connection.
pub(crate) enum Conn {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Conn {
    /// Runs a statement; how many rows it touched.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static str,
        args: Vec<Value>,
    ) -> Result<u64, StoreError> {
        crash::point(sql);
        match self {
            Self::Sqlite(conn) => {
                let done = bound(sql, args).execute(conn).await;
                done.map(|d| d.rows_affected()).map_err(sqlite::failure)
            }
            Self::Postgres(conn) => {
                let done = answer(bound(sql, args).execute(conn)).await;
                done.map(|d| d.rows_affected())
            }
        }
    }

    /// The first row of an answer.
    pub(crate) async fn row(
        &mut self,
        sql: &'static str,
        args: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        crash::point(sql);
        match self {
            Self::Sqlite(conn) => {
                let row = bound(sql, args).fetch_optional(conn).await;
                row.map(|r| r.map(Row::Sqlite)).map_err(sqlite::failure)
            }
            Self::Postgres(conn) => {
                let row = answer(bound(sql, args).fetch_optional(conn)).await;
                row.map(|r| r.map(Row::Postgres))
            }
        }
    }

    /// Every row of an answer; the statement bounds how many.
    pub(crate) async fn rows(
        &mut self,
        sql: &'static str,
        args: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        crash::point(sql);
        match self {
            Self::Sqlite(conn) => {
                let rows = bound(sql, args).fetch_all(conn).await;
                rows.map(|all| all.into_iter().map(Row::Sqlite).collect())
                    .map_err(sqlite::failure)
            }
            Self::Postgres(conn) => {
                let rows = answer(bound(sql, args).fetch_all(conn)).await;
                rows.map(|all| all.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// Begins a transaction that writes, once it is its turn among the writers of all processes.
    pub(crate) async fn begin(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => self.execute("BEGIN IMMEDIATE", args![]).await.map(drop),
            Self::Postgres(_) => {
                self.execute(postgres::BEGIN, args![]).await?;
                let turn = args![postgres::TURN];
                self.execute(postgres::TAKE_TURN, turn).await.map(drop)
            }
        }
    }

    /// The last thing before COMMIT: other processes are to hear of it.
    pub(crate) async fn announce(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(_) => self.execute(postgres::NOTIFY, args![]).await.map(drop),
        }
    }

    fn failure(&self, error: Error) -> StoreError {
        match self {
            Self::Sqlite(_) => sqlite::failure(error),
            Self::Postgres(_) => postgres::failure(error),
        }
    }

    /// Hands the connection back in order.
    pub(crate) async fn close(self) {
        let closed = match self {
            Self::Sqlite(conn) => conn.close().await,
            Self::Postgres(conn) => conn.close().await,
        };
        if let Err(error) = closed {
            tracing::warn!(%error, "a database connection did not close cleanly");
        }
    }
}

/// Whether the connection is of no more use after this error, whatever it is asked next.
pub(crate) fn breaks_connection(error: &Error) -> bool {
    error.as_database_error().is_none() || postgres::ends_connection(error)
}

/// Whether the same work, done anew, may well succeed: two transactions were in each other's way.
pub(crate) fn is_collision(error: &Error) -> bool {
    postgres::is_collision(error)
}
