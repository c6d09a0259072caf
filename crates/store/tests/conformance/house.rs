//! A place for a store: a folder, and the database that goes with it.

use std::fs;
use std::path::Path;

use kaibo_domain::id::AppId;
use kaibo_store::{Database, Store};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use tempfile::TempDir;

use crate::add_app;

/// A folder and a database, both empty.
pub(crate) struct House {
    pub(crate) dir: TempDir,
    /// Empty: SQLite in the folder.
    pub(crate) url: String,
}

impl House {
    pub(crate) fn sqlite() -> Self {
        Self::at(String::new())
    }

    pub(crate) async fn postgres() -> Self {
        Self::at(test_postgres::shared().await.database().await)
    }

    pub(crate) fn at(url: String) -> Self {
        let memory = TempDir::with_prefix_in("kaibo-", "/dev/shm");
        let dir = memory.or_else(|_| tempfile::tempdir()).unwrap();
        Self { dir, url }
    }

    /// Another one with a database of the same kind.
    pub(crate) async fn another(&self) -> Self {
        match self.url.as_str() {
            "" => Self::sqlite(),
            _ => Self::postgres().await,
        }
    }

    /// Another folder with this one's database.
    pub(crate) fn another_folder(&self) -> Self {
        Self::at(self.url.clone())
    }

    /// The like of one that nobody uses.
    pub(crate) async fn copy(&self) -> Self {
        let copy = match self.url.as_str() {
            "" => Self::sqlite(),
            url => Self::at(test_postgres::shared().await.copy_of(url).await),
        };
        copy_folder(self.dir.path(), copy.dir.path());
        copy
    }

    pub(crate) fn is_postgres(&self) -> bool {
        !self.url.is_empty()
    }

    /// For people.
    pub(crate) fn kind(&self) -> &'static str {
        if self.is_postgres() {
            "PostgreSQL"
        } else {
            "SQLite"
        }
    }

    pub(crate) fn database(&self) -> Database {
        Database::from_url(&self.url).unwrap()
    }

    pub(crate) async fn open(&self) -> Store {
        let opened = Store::open_with(self.dir.path(), &self.database()).await;
        opened.unwrap()
    }

    /// A store with one app, `wx_one`.
    pub(crate) async fn store(&self) -> (Store, AppId) {
        let store = self.open().await;
        let one = add_app(&store, "wx_one").await;
        (store, one)
    }

    /// Whether these bytes stand anywhere in the folder or the database.
    pub(crate) async fn holds(&self, needle: &[u8]) -> bool {
        let hex = needle
            .iter()
            .fold(String::new(), |hex, b| format!("{hex}{b:02x}"));
        let found = |bytes: &[u8]| {
            [needle, hex.as_bytes()]
                .iter()
                .any(|n| bytes.windows(n.len()).any(|w| w == *n))
        };
        let in_files = fs::read_dir(self.dir.path())
            .unwrap()
            .any(|entry| found(&fs::read(entry.unwrap().path()).unwrap()));
        in_files || (self.is_postgres() && found(self.every_row().await.as_bytes()))
    }

    /// All that the PostgreSQL database holds, as text; bytes as hexadecimal digits.
    async fn every_row(&self) -> String {
        let mut conn = PgConnection::connect(&self.url).await.unwrap();
        let sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'";
        let tables = sqlx::query(sql).fetch_all(&mut conn).await.unwrap();
        assert!(tables.len() > 10);
        let mut all = String::new();
        for table in tables {
            let name: String = table.get("tablename");
            let sql =
                format!("SELECT COALESCE(STRING_AGG(CAST(t AS TEXT), ' '), '') FROM {name} t");
            let rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql));
            all += &rows.fetch_one(&mut conn).await.unwrap();
        }
        all
    }
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let from = entry.unwrap().path();
        let to = to.join(from.file_name().unwrap());
        if from.is_dir() {
            fs::create_dir(&to).unwrap();
            copy_folder(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}
