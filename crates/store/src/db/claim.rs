//! A server's claim on a PostgreSQL database: an advisory lock on a connection of its own.

use std::fmt;

use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};

use super::postgres::{PostgresPlace, SERVING, answer, failure};
use crate::error::StoreError;

/// Whose a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claimed {
    /// This server's.
    Ours,
    /// Another server's.
    Theirs,
    /// Nobody's for the moment; ask again.
    Unsettled,
}

/// One server's claim.
pub(crate) struct Claim {
    place: PostgresPlace,
    held: Option<PgConnection>,
    /// The process of PostgreSQL that last held it for us.
    holder: Option<i64>,
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").finish_non_exhaustive()
    }
}

impl Claim {
    /// Who holds the claim on this database. The numbers are the halves of [`SERVING`].
    pub(crate) const HOLDER: &str = "SELECT CAST(pid AS BIGINT) AS pid FROM pg_locks \
         WHERE locktype = 'advisory' AND granted AND classid = 27489 AND objid = 1768058627 \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    const TAKE: &str = "SELECT pg_try_advisory_lock($1) AS taken, \
         CAST(pg_backend_pid() AS BIGINT) AS pid";
    const END: &str = "SELECT pg_terminate_backend(CAST(CAST($1 AS BIGINT) AS INTEGER)) AS ended";

    pub(crate) fn new(place: PostgresPlace) -> Self {
        Self {
            place,
            held: None,
            holder: None,
        }
    }

    /// Takes the claim, or makes sure that it still stands.
    pub(crate) async fn renew(&mut self) -> Result<Claimed, StoreError> {
        if let Some(conn) = &mut self.held {
            match answer(conn.ping()).await {
                Ok(()) => return Ok(Claimed::Ours),
                Err(_) => self.held = None,
            }
        }
        let mut conn = self.place.keeper().await?;
        if self.take(&mut conn).await? {
            self.held = Some(conn);
            return Ok(Claimed::Ours);
        }
        let holder = answer(sqlx::query(Self::HOLDER).fetch_optional(&mut conn)).await?;
        let holder: Option<i64> = holder
            .map(|row| row.try_get("pid"))
            .transpose()
            .map_err(failure)?;
        if holder.is_some() && holder != self.holder {
            return Ok(Claimed::Theirs);
        }
        // Our own old connection, of which only this side knows that it is broken.
        answer(sqlx::query(Self::END).bind(holder).execute(&mut conn)).await?;
        Ok(Claimed::Unsettled)
    }

    async fn take(&mut self, conn: &mut PgConnection) -> Result<bool, StoreError> {
        let row = answer(sqlx::query(Self::TAKE).bind(SERVING).fetch_one(conn)).await?;
        let taken = row.try_get("taken").map_err(failure)?;
        if taken {
            self.holder = row.try_get("pid").map_err(failure)?;
        }
        Ok(taken)
    }
}
