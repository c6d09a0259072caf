//! The database: connections, values, rows. The only place that knows which database it is.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kaibo_domain::id::{AppId, RoomId};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteRow, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};
use tokio::sync::Semaphore;

use crate::error::StoreError;

/// How long a write waits for another process that is writing, in milliseconds.
pub const BUSY_MS: u64 = 5_000;

/// Name of the database's file in the data folder.
pub const DATABASE_FILE: &str = "kaibo.db";

const READERS: usize = 4;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// A parameter of a statement; the options say which type a NULL has.
#[derive(Clone)]
pub(crate) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
    Bool(bool),
}

macro_rules! values {
    ($($from:ty => |$value:ident| $to:expr;)*) => {
        $(impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $to
            }
        })*
    };
}

values! {
    i64 => |n| Self::Int(Some(n));
    i32 => |n| Self::Int(Some(n.into()));
    u32 => |n| Self::Int(Some(n.into()));
    Option<i64> => |n| Self::Int(n);
    RoomId => |id| Self::Int(Some(id.0));
    bool => |b| Self::Bool(b);
    String => |s| Self::Text(Some(s));
    &str => |s| Self::Text(Some(s.to_owned()));
    Option<&str> => |s| Self::Text(s.map(str::to_owned));
    Option<String> => |s| Self::Text(s);
    &AppId => |id| Self::Text(Some(id.as_str().to_owned()));
    Vec<u8> => |b| Self::Blob(Some(b));
    &[u8] => |b| Self::Blob(Some(b.to_vec()));
}

/// The parameters of a statement, in the order of `$1`, `$2` …
macro_rules! args {
    ($($value:expr),* $(,)?) => {
        vec![$($crate::db::Value::from($value)),*]
    };
}
pub(crate) use args;

/// One row of an answer.
pub(crate) struct Row(SqliteRow);

impl Row {
    /// A column by its name.
    pub(crate) fn get<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
    {
        self.0.try_get(column).map_err(|e| StoreError::Unreadable {
            column,
            detail: e.to_string(),
        })
    }

    /// A column as a value that is written as text.
    pub(crate) fn parse<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        self.get::<String>(column)?
            .parse()
            .map_err(|e: T::Err| StoreError::Unreadable {
                column,
                detail: e.to_string(),
            })
    }

    /// The column `app_id`.
    pub(crate) fn app_id(&self) -> Result<AppId, StoreError> {
        self.parse("app_id")
    }
}

/// One connection.
pub(crate) struct Conn(SqliteConnection);

impl Conn {
    /// Runs a statement; how many rows it touched.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static str,
        args: Vec<Value>,
    ) -> Result<u64, StoreError> {
        let done = bound(sql, args).execute(&mut self.0).await;
        done.map(|d| d.rows_affected()).map_err(failure)
    }

    /// The first row of an answer.
    pub(crate) async fn row(
        &mut self,
        sql: &'static str,
        args: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        let row = bound(sql, args).fetch_optional(&mut self.0).await;
        row.map(|r| r.map(Row)).map_err(failure)
    }

    /// Every row of an answer; the statement bounds how many.
    pub(crate) async fn rows(
        &mut self,
        sql: &'static str,
        args: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let rows = bound(sql, args).fetch_all(&mut self.0).await;
        rows.map(|all| all.into_iter().map(Row).collect())
            .map_err(failure)
    }

    /// A number that changes when another connection, of this or another process, has committed.
    pub(crate) async fn data_version(&mut self) -> Result<i64, StoreError> {
        let row = self.row("PRAGMA data_version", args![]).await?;
        row.map_or(Ok(0), |r| r.get("data_version"))
    }

    /// Brings the tables to this version's shape.
    pub(crate) async fn migrate(&mut self) -> Result<(), StoreError> {
        MIGRATIONS
            .run(&mut self.0)
            .await
            .map_err(|e| StoreError::Migrate(Arc::new(e)))
    }

    /// Hands the file back in order.
    pub(crate) async fn close(self) {
        if let Err(error) = self.0.close().await {
            tracing::warn!(%error, "a database connection did not close cleanly");
        }
    }
}

type Bound = sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

fn bound(sql: &'static str, args: Vec<Value>) -> Bound {
    args.into_iter()
        .fold(sqlx::query(sql), |query, value| match value {
            Value::Int(v) => query.bind(v),
            Value::Text(v) => query.bind(v),
            Value::Blob(v) => query.bind(v),
            Value::Bool(v) => query.bind(v),
        })
}

// The low byte of SQLite's result code is its kind (https://sqlite.org/rescode.html).
const SQLITE_BUSY: i64 = 5;
const SQLITE_FULL: i64 = 13;

fn failure(error: sqlx::Error) -> StoreError {
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

/// Where the database is, and how to reach it.
#[derive(Clone)]
pub(crate) struct Place {
    file: PathBuf,
}

impl Place {
    pub(crate) fn new(data_dir: &Path) -> Self {
        Self {
            file: data_dir.join(DATABASE_FILE),
        }
    }

    pub(crate) fn exists(&self) -> bool {
        self.file.exists()
    }

    /// Makes an empty file that only its owner reads; SQLite gives its side files the same mode.
    pub(crate) fn create(&self) -> Result<(), StoreError> {
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
    pub(crate) async fn writer(&self) -> Result<Conn, StoreError> {
        let options = self
            .options()
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        options.connect().await.map(Conn).map_err(failure)
    }

    /// A connection that only reads.
    pub(crate) async fn reader(&self) -> Result<Conn, StoreError> {
        let options = self.options().pragma("query_only", "on");
        options.connect().await.map(Conn).map_err(failure)
    }
}

/// The reading connections: opened when first needed, shared by everybody.
pub(crate) struct Readers {
    place: Place,
    idle: Mutex<Vec<Conn>>,
    free: Semaphore,
}

impl Readers {
    pub(crate) fn new(place: Place) -> Self {
        Self {
            place,
            idle: Mutex::new(Vec::with_capacity(READERS)),
            free: Semaphore::new(READERS),
        }
    }

    pub(crate) async fn row(
        &self,
        sql: &'static str,
        args: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        let _permit = self.free.acquire().await.map_err(|_| StoreError::Closed)?;
        let mut conn = self.take().await?;
        let answer = conn.row(sql, args).await;
        self.put_back(conn, answer)
    }

    pub(crate) async fn rows(
        &self,
        sql: &'static str,
        args: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let _permit = self.free.acquire().await.map_err(|_| StoreError::Closed)?;
        let mut conn = self.take().await?;
        let answer = conn.rows(sql, args).await;
        self.put_back(conn, answer)
    }

    /// Ends reading: every later read answers [`StoreError::Closed`].
    pub(crate) async fn close(&self) {
        self.free.close();
        let idle = std::mem::take(&mut *self.idle());
        for conn in idle {
            conn.close().await;
        }
    }

    async fn take(&self) -> Result<Conn, StoreError> {
        let idle = self.idle().pop();
        match idle {
            Some(conn) => Ok(conn),
            None => self.place.reader().await,
        }
    }

    fn put_back<T>(&self, conn: Conn, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        // A connection that failed may be broken; the next reader opens a fresh one.
        if answer.is_ok() && !self.free.is_closed() {
            self.idle().push(conn);
        }
        answer
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Conn>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
