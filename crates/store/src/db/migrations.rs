//! The shape of the tables: which steps there are, which were taken, and taking the rest.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use sqlx::migrate::{MigrateError, Migrator};

use super::{Conn, Database, Place, args};
use crate::error::StoreError;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// One step of the tables' shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number; steps are taken in this order.
    pub version: i64,
    /// What it does, in a few words.
    pub description: String,
    /// Whether it was taken.
    pub applied: bool,
    /// Whether this kaibo knows it; if not, a newer one took it.
    pub known: bool,
}

impl Database {
    /// For people: which database it is, without the password.
    pub fn name(&self, data_dir: &Path) -> String {
        self.place(data_dir).to_string()
    }

    /// Every step, by number. Changes nothing; a database that is not there yet has taken none.
    pub async fn migrations(&self, data_dir: &Path) -> Result<Vec<Migration>, StoreError> {
        let place = self.place(data_dir);
        let mut steps: BTreeMap<i64, Migration> = place
            .migrator()
            .iter()
            .map(|step| Migration {
                version: step.version,
                description: step.description.to_string(),
                applied: false,
                known: true,
            })
            .map(|step| (step.version, step))
            .collect();
        if matches!(&place, Place::Sqlite(file) if !file.file().exists()) {
            return Ok(steps.into_values().collect());
        }
        let mut conn = place.reader().await?;
        for (version, description) in conn.applied().await? {
            let step = steps.entry(version).or_insert(Migration {
                version,
                description,
                applied: true,
                known: false,
            });
            step.applied = true;
        }
        conn.close().await;
        Ok(steps.into_values().collect())
    }
}

impl Place {
    fn migrator(&self) -> &'static Migrator {
        match self {
            Self::Sqlite(_) => &SQLITE,
            Self::Postgres(_) => &POSTGRES,
        }
    }
}

impl Conn {
    /// Brings the tables to this version's shape.
    pub(crate) async fn migrate(&mut self) -> Result<(), StoreError> {
        let (done, newest) = match self {
            Self::Sqlite(conn) => (SQLITE.run(conn).await, newest(&SQLITE)),
            Self::Postgres(conn) => (POSTGRES.run(conn).await, newest(&POSTGRES)),
        };
        done.map_err(|error| match error {
            MigrateError::VersionMissing(found) => StoreError::Newer { found, newest },
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                self.failure(error)
            }
            error => StoreError::Migrate(Arc::new(error)),
        })
    }

    /// Whether the table is there.
    pub(crate) async fn has_table(&mut self, name: &str) -> Result<bool, StoreError> {
        let sql = match self {
            Self::Sqlite(_) => super::sqlite::HAS_TABLE,
            Self::Postgres(_) => super::postgres::HAS_TABLE,
        };
        Ok(self.row(sql, args![name]).await?.is_some())
    }

    async fn applied(&mut self) -> Result<Vec<(i64, String)>, StoreError> {
        if !self.has_table("_sqlx_migrations").await? {
            return Ok(vec![]);
        }
        let sql = "SELECT version, description FROM _sqlx_migrations ORDER BY version";
        let rows = self.rows(sql, args![]).await?;
        rows.iter()
            .map(|row| Ok((row.get("version")?, row.get("description")?)))
            .collect()
    }
}

fn newest(migrator: &Migrator) -> i64 {
    migrator.iter().map(|step| step.version).max().unwrap_or(0)
}
