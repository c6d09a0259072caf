//! Everything that a database holds, to see whether a call changed anything.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

/// Reads a database from beside its store.
pub(super) enum Dump {
    Sqlite(SqliteConnection, String),
    Postgres(PgConnection, String),
}

impl Dump {
    pub(super) async fn of(url: &str) -> Self {
        if url.starts_with("sqlite:") {
            let mut conn = SqliteConnection::connect(url).await.unwrap();
            let columns = "SELECT m.name, group_concat('quote(\"' || c.name || '\")', '||'',''||') \
                 FROM sqlite_master m JOIN pragma_table_info(m.name) c \
                 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' GROUP BY m.name";
            let tables: Vec<(String, String)> =
                sqlx::query_as(columns).fetch_all(&mut conn).await.unwrap();
            let of_table = |(table, row): &(String, String)| {
                format!("SELECT '{table}', coalesce(group_concat({row}, ';'), '') FROM \"{table}\"")
            };
            Self::Sqlite(conn, union(&tables, of_table))
        } else {
            let mut conn = PgConnection::connect(url).await.unwrap();
            let names = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
            let tables: Vec<String> = sqlx::query_scalar(names)
                .fetch_all(&mut conn)
                .await
                .unwrap();
            let of_table = |table: &String| {
                format!(
                    "SELECT '{table}', coalesce(string_agg(t::text, ';' ORDER BY t::text), '') \
                     FROM \"{table}\" t"
                )
            };
            Self::Postgres(conn, union(&tables, of_table))
        }
    }

    /// Each table with all its rows.
    pub(super) async fn take(&mut self) -> Vec<(String, String)> {
        let rows: Result<Vec<(String, String)>, _> = match self {
            Self::Sqlite(conn, sql) => {
                let sql = AssertSqlSafe(sql.clone());
                sqlx::query_as(sql).fetch_all(conn).await
            }
            Self::Postgres(conn, sql) => {
                let sql = AssertSqlSafe(sql.clone());
                sqlx::query_as(sql).fetch_all(conn).await
            }
        };
        rows.unwrap()
    }
}

fn union<T>(tables: &[T], of_table: impl Fn(&T) -> String) -> String {
    assert!(tables.len() > 20, "{} tables", tables.len());
    let all: Vec<String> = tables.iter().map(of_table).collect();
    all.join(" UNION ALL ")
}

/// The tables that differ.
pub(super) fn changed(before: &[(String, String)], after: &[(String, String)]) -> Vec<String> {
    let pairs = before.iter().zip(after);
    let changed = pairs.filter(|(before, after)| before != after);
    changed.map(|(_, (table, _))| table.clone()).collect()
}
