//! PostgreSQL: how it is reached, how long it may take, and what its errors ask for
//! (docs/why/postgres.md).

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgListener, PgPoolOptions};
use sqlx::{ConnectOptions as _, Row as _};
use tokio::time::timeout;

use crate::error::StoreError;

/// How long reaching the server may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer may take: longer than the server's own limit below, so that this one strikes
/// only where the server or the network between is gone without a word.
const ANSWER: Duration = Duration::from_secs(20);

/// What the server itself is asked to hold to. `lock_timeout` is [`super::BUSY_MS`]; keepalives let
/// it notice within a minute that a host is gone which held a lock.
const LIMITS: [(&str, &str); 6] = [
    ("statement_timeout", "15s"),
    ("lock_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "30s"),
    ("tcp_keepalives_idle", "30"),
    ("tcp_keepalives_interval", "10"),
    ("tcp_keepalives_count", "3"),
];

// Advisory locks, each its own number; PostgreSQL counts them by database.
const OPENING: i64 = 0x6b61_6962_6f01;
const WRITING: i64 = 0x6b61_6962_6f02;
/// Held by the one server that runs on the database: [`super::Claim`].
pub(super) const SERVING: i64 = 0x6b61_6962_6f03;

const CHANNEL: &str = "kaibo";

/// Begins a write. Writers of all processes take turns, as with SQLite's `BEGIN IMMEDIATE`. Under
/// READ COMMITTED each statement sees what was committed before the turn came.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
pub(super) const TAKE_TURN: &str = "SELECT pg_advisory_xact_lock($1)";
pub(super) const TURN: i64 = WRITING;
/// Told to every watcher when, and only if, the transaction commits.
pub(super) const NOTIFY: &str = "SELECT pg_notify('kaibo', '')";
/// Changes with every commit of the whole PostgreSQL server.
pub(super) const SNAPSHOT: &str = "SELECT pg_current_snapshot()::TEXT AS snapshot";

pub(super) const HAS_TABLE: &str = "SELECT $1 AS name WHERE to_regclass($1) IS NOT NULL";

/// Where the database is. Holds a password, so it prints none.
#[derive(Clone)]
pub(crate) struct PostgresPlace(Arc<PgConnectOptions>);

/// As an address without password.
impl fmt::Display for PostgresPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = &self.0;
        let name = to.get_database().unwrap_or(to.get_username());
        let (user, port) = (to.get_username(), to.get_port());
        match to.get_socket() {
            Some(socket) => write!(f, "postgres://{user}@{}/{name}", socket.display()),
            None => write!(f, "postgres://{user}@{}:{port}/{name}", to.get_host()),
        }
    }
}

impl PostgresPlace {
    pub(super) fn from_url(url: &str) -> Result<Self, StoreError> {
        if !["postgres://", "postgresql://"]
            .iter()
            .any(|s| url.starts_with(s))
        {
            return Err(StoreError::Url("it does not begin with postgres://".into()));
        }
        // What is wrong with it is said without its text, which holds the password.
        let options: PgConnectOptions = url.parse().map_err(|error| match error {
            sqlx::Error::Configuration(why) => StoreError::Url(why.to_string()),
            _ => StoreError::Url("it cannot be read".into()),
        })?;
        let options = options
            .application_name("kaibo")
            .options(LIMITS)
            .disable_statement_logging();
        Ok(Self(Arc::new(options)))
    }

    /// A connection that writes. An acknowledged commit survives the loss of power, also where
    /// somebody has told the server not to care.
    pub(super) async fn writer(&self) -> Result<PgConnection, StoreError> {
        let mut conn = connect(&self.0).await?;
        let careful = "SELECT set_config('synchronous_commit', 'on', FALSE) \
             WHERE current_setting('synchronous_commit') = 'off'";
        answer(sqlx::query(careful).execute(&mut conn)).await?;
        Ok(conn)
    }

    /// A connection that only reads.
    pub(super) async fn reader(&self) -> Result<PgConnection, StoreError> {
        let options =
            PgConnectOptions::clone(&self.0).options([("default_transaction_read_only", "on")]);
        connect(&options).await
    }

    /// A connection that opens the database, once nobody else does; waits as long as that takes,
    /// and so may a migration.
    pub(super) async fn opener(&self) -> Result<PgConnection, StoreError> {
        let patient = [
            ("statement_timeout", "0"),
            ("lock_timeout", "0"),
            // Of the migrations' table, each time: that it is there already.
            ("client_min_messages", "warning"),
        ];
        let mut conn = connect(&PgConnectOptions::clone(&self.0).options(patient)).await?;
        let encoding = "SELECT current_setting('server_encoding') AS encoding";
        let row = answer(sqlx::query(encoding).fetch_one(&mut conn)).await?;
        if row.try_get::<String, _>("encoding").map_err(failure)? != "UTF8" {
            return Err(StoreError::Encoding);
        }
        let turn = sqlx::query("SELECT pg_advisory_lock($1)").bind(OPENING);
        turn.execute(&mut conn).await.map_err(failure)?;
        Ok(conn)
    }

    /// A connection that hears of every commit.
    pub(super) async fn listener(&self) -> Result<PgListener, StoreError> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(CONNECT)
            .connect_lazy_with(PgConnectOptions::clone(&self.0));
        let listening = async {
            let mut listener = PgListener::connect_with(&pool).await?;
            listener.ignore_pool_close_event(true);
            listener.listen(CHANNEL).await?;
            Ok(listener)
        };
        answer(listening).await
    }

    /// A connection for the server's lock.
    pub(super) async fn keeper(&self) -> Result<PgConnection, StoreError> {
        connect(&self.0).await
    }
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    timeout(CONNECT, options.connect())
        .await
        .unwrap_or_else(|_| Err(no_answer()))
        .map_err(failure)
}

/// What the server answers, unless it is silent for too long; its connection is then of no use.
pub(super) async fn answer<T>(
    asked: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    timeout(ANSWER, asked)
        .await
        .unwrap_or_else(|_| Err(no_answer()))
        .map_err(failure)
}

fn no_answer() -> sqlx::Error {
    io::Error::new(
        io::ErrorKind::TimedOut,
        "the database server does not answer",
    )
    .into()
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const SERIALIZATION_FAILURE: &str = "40001";
const DEADLOCK_DETECTED: &str = "40P01";
const LOCK_NOT_AVAILABLE: &str = "55P03";
const QUERY_CANCELED: &str = "57014";
const DISK_FULL: &str = "53100";

pub(super) fn failure(error: sqlx::Error) -> StoreError {
    let error = Arc::new(error);
    match code(&error).as_deref() {
        Some(SERIALIZATION_FAILURE | DEADLOCK_DETECTED | LOCK_NOT_AVAILABLE | QUERY_CANCELED) => {
            StoreError::Busy(error)
        }
        Some(DISK_FULL) => StoreError::Full(error),
        _ => StoreError::Database(error),
    }
}

fn code(error: &sqlx::Error) -> Option<String> {
    let code = error.as_database_error()?.code()?;
    Some(code.into_owned())
}

/// Whether the same work, done anew, may well succeed.
pub(super) fn is_collision(error: &sqlx::Error) -> bool {
    matches!(
        code(error).as_deref(),
        Some(SERIALIZATION_FAILURE | DEADLOCK_DETECTED)
    )
}

/// Whether the server ended the connection with this error: classes 08 (connection) and 57P
/// (shut down, crashed), and a transaction that stood idle for too long.
pub(super) fn ends_connection(error: &sqlx::Error) -> bool {
    code(error)
        .is_some_and(|code| code.starts_with("08") || code.starts_with("57P") || code == "25P03")
}

/// What to do about an error. SQLite's codes are plain numbers and none of these.
pub(crate) fn advice(error: &sqlx::Error) -> &'static str {
    match code(error).as_deref() {
        Some("28P01" | "28000") => "check user and password in server.database_url",
        Some("3D000") => "create the database (createdb), or name another in server.database_url",
        Some("42501") => {
            "the database's user needs the right to create tables (GRANT CREATE ON SCHEMA public)"
        }
        Some("25006") => {
            "the database takes no writes: name the primary server in server.database_url, not a standby"
        }
        Some("53200") => "the database server is out of memory: give it more, then try again",
        Some("53300") => {
            "the database server takes no more connections: raise its max_connections, or lower server.database_readers"
        }
        Some("57P03") => "the database server is starting or stopping: try again in a moment",
        _ if matches!(error, sqlx::Error::Io(_)) => {
            "is the database server running, and can it be reached from here? Kaibo goes on by itself when it is back"
        }
        _ => "see the cause, then try again",
    }
}
