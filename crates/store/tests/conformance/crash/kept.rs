//! All that an installation keeps, as text, so that two can be compared.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use kaibo_domain::id::RoomId;
use kaibo_store::DATABASE_FILE;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use crate::{House, app_id};

/// Of these [`kept`] shows the length alone: they hold something random.
const RANDOM: [&str; 9] = [
    "console_user.totp_secret",
    "endpoint.secret",
    "meta.value",
    "repeat_key.answer",
    "room_secret.code",
    "room_secret.push_seed",
    "submission.identity",
    "wechat_account.secret",
    "wechat_account.token",
];
/// Numbers that PostgreSQL gives once, also if what they were given to was taken back.
const NUMBERS: [&str; 9] = [
    "call_log.id",
    "console_user.id",
    "event.seq",
    "submission.id",
    "reveal.id",
    "device.id",
    "user_app.user_id",
    "user_link.user_id",
    "recovery_code.user_id",
];

/// What is in a house's database and its files of images, line by line. Files that no row knows,
/// which nobody can see, are left out: where they are comes second.
pub(super) async fn kept(house: &House) -> (Vec<String>, Vec<PathBuf>) {
    let mut database = Raw::open(house).await;
    let mut lines = rows(&mut database).await;
    let mut files = files(&house.dir.path().join("images"));
    for name in database.texts("SELECT name FROM image").await {
        let bytes = files.remove(&name).map(|path| fs::read(path).unwrap());
        lines.push(format!("file {name}: {bytes:?}"));
    }
    database.close().await;
    lines.sort_unstable();
    (lines, files.into_values().collect())
}

/// What is sealed in it, which needs the house to open.
pub(super) async fn sealed(house: &House) -> Vec<String> {
    let mut database = Raw::open(house).await;
    let rooms = "SELECT CAST(room_id AS TEXT) FROM room_secret ORDER BY room_id";
    let rooms = database.texts(rooms).await;
    database.close().await;
    let store = house.open().await;
    let mut lines = Vec::new();
    for room in rooms {
        let id = RoomId(room.parse().unwrap());
        let access = store.room_access(&app_id("wx_one"), id).await.unwrap();
        let access = access.unwrap();
        lines.push(format!("{room}: {} {:?}", access.code, access.push_seed));
    }
    store.close().await;
    lines
}

/// Every row of every table.
async fn rows(database: &mut Raw) -> Vec<String> {
    let (columns, quote) = match database {
        Raw::Lite(_) => (
            "SELECT t.name || '.' || c.name FROM sqlite_master t, pragma_table_info(t.name) c \
             WHERE t.type = 'table' ORDER BY 1",
            "quote",
        ),
        Raw::Large(_) => (
            "SELECT table_name || '.' || column_name FROM information_schema.columns \
             WHERE table_schema = 'public' ORDER BY 1",
            "quote_nullable",
        ),
    };
    let mut tables: BTreeMap<String, String> = BTreeMap::new();
    for column in database.texts(columns).await {
        let (table, name) = column.split_once('.').unwrap();
        // sqlite_sequence, _sqlx_migrations
        if table.contains("sql") || NUMBERS.contains(&&*column) {
            continue;
        }
        let value = if RANDOM.contains(&&*column) {
            format!("length({name})")
        } else {
            name.to_owned()
        };
        let row = tables.entry(table.to_owned()).or_default();
        write!(row, " || ' {name}=' || {quote}({value})").unwrap();
    }
    assert!(tables.len() > 10);
    let each = tables
        .iter()
        .map(|(table, row)| format!("SELECT '{table}'{row} FROM {table}"));
    let all = each.collect::<Vec<_>>().join(" UNION ALL ");
    database.texts(&all).await
}

fn files(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let name = path.file_name().unwrap().to_str().unwrap();
            found.insert(name.to_owned(), path.clone());
        }
    }
    found
}

/// The database, without Kaibo.
enum Raw {
    Lite(SqliteConnection),
    Large(PgConnection),
}

impl Raw {
    async fn open(house: &House) -> Self {
        if house.is_postgres() {
            return Self::Large(PgConnection::connect(&house.url).await.unwrap());
        }
        let file = house.dir.path().join(DATABASE_FILE);
        let url = format!("sqlite://{}", file.display());
        Self::Lite(SqliteConnection::connect(&url).await.unwrap())
    }

    async fn texts(&mut self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        let texts = match self {
            Self::Lite(conn) => sqlx::query_scalar(sql).fetch_all(conn).await,
            Self::Large(conn) => sqlx::query_scalar(sql).fetch_all(conn).await,
        };
        texts.unwrap()
    }

    async fn close(self) {
        match self {
            Self::Lite(conn) => conn.close().await.unwrap(),
            Self::Large(conn) => conn.close().await.unwrap(),
        }
    }
}
