//! Hears of commits that other processes make.

use std::time::Duration;

use sqlx::Row as _;
use sqlx::postgres::PgListener;

use super::{Conn, Place, args, postgres, sqlite};
use crate::error::StoreError;

/// A connection of its own that notices commits.
pub(crate) enum Others {
    /// Nobody tells: a number is looked at.
    Sqlite { conn: Conn, seen: i64 },
    /// Tells by itself. The look finds out whether it still would.
    Postgres { listener: PgListener, seen: String },
}

impl Others {
    /// Every commit from now on is noticed.
    pub(crate) async fn new(place: &Place) -> Result<Self, StoreError> {
        match place {
            Place::Sqlite(_) => {
                let mut conn = place.reader().await?;
                let seen = data_version(&mut conn).await?;
                Ok(Self::Sqlite { conn, seen })
            }
            Place::Postgres(to) => {
                let mut listener = to.listener().await?;
                let seen = snapshot(&mut listener).await?;
                Ok(Self::Postgres { listener, seen })
            }
        }
    }

    /// How often to look.
    pub(crate) fn interval(place: &Place) -> Duration {
        match place {
            Place::Sqlite(_) => Duration::from_millis(100),
            Place::Postgres(_) => Duration::from_secs(1),
        }
    }

    /// Whether something may have been committed since the last look.
    pub(crate) async fn look(&mut self) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite { conn, seen } => {
                let now = data_version(conn).await?;
                Ok(std::mem::replace(seen, now) != now)
            }
            Self::Postgres { listener, seen } => {
                let now = snapshot(listener).await?;
                let moved = *seen != now;
                *seen = now;
                Ok(moved)
            }
        }
    }

    /// Resolves when told of a commit; an error says that nothing will be told any more. Dropping
    /// the future loses nothing.
    pub(crate) async fn told(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { .. } => std::future::pending().await,
            Self::Postgres { listener, .. } => match listener.try_recv().await {
                Ok(Some(_)) => Ok(()),
                Ok(None) => Err(StoreError::Database(std::sync::Arc::new(
                    std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into(),
                ))),
                Err(error) => Err(postgres::failure(error)),
            },
        }
    }
}

async fn data_version(conn: &mut Conn) -> Result<i64, StoreError> {
    let row = conn.row(sqlite::DATA_VERSION, args![]).await?;
    row.map_or(Ok(0), |r| r.get("data_version"))
}

async fn snapshot(listener: &mut PgListener) -> Result<String, StoreError> {
    let asked = sqlx::query(postgres::SNAPSHOT).fetch_one(listener);
    let row = postgres::answer(asked).await?;
    row.try_get("snapshot").map_err(postgres::failure)
}
