//! What goes into a statement, and what comes out of a row.

use kaibo_domain::id::{AppId, AuditId, GoodsId, RoomId};
use sqlx::postgres::PgRow;
use sqlx::query::Query;
use sqlx::sqlite::SqliteRow;
use sqlx::{Database, Decode, Encode, Postgres, Row as _, Sqlite, Type};

use crate::error::StoreError;

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
    GoodsId => |id| Self::Int(Some(id.0));
    Option<GoodsId> => |id| Self::Int(id.map(|id| id.0));
    Option<AuditId> => |id| Self::Int(id.map(|id| id.0));
    bool => |b| Self::Bool(b);
    String => |s| Self::Text(Some(s));
    &str => |s| Self::Text(Some(s.to_owned()));
    Option<&str> => |s| Self::Text(s.map(str::to_owned));
    Option<String> => |s| Self::Text(s);
    &AppId => |id| Self::Text(Some(id.as_str().to_owned()));
    Vec<u8> => |b| Self::Blob(Some(b));
    Option<Vec<u8>> => |b| Self::Blob(b);
    &[u8] => |b| Self::Blob(Some(b.to_vec()));
}

/// The parameters of a statement, in the order of `$1`, `$2` …
macro_rules! args {
    ($($value:expr),* $(,)?) => {
        vec![$($crate::db::Value::from($value)),*]
    };
}
pub(crate) use args;

/// A statement with its parameters.
pub(super) fn bound<D>(sql: &'static str, args: Vec<Value>) -> Query<'static, D, D::Arguments>
where
    D: Database,
    Option<i64>: for<'q> Encode<'q, D> + Type<D>,
    Option<String>: for<'q> Encode<'q, D> + Type<D>,
    Option<Vec<u8>>: for<'q> Encode<'q, D> + Type<D>,
    bool: for<'q> Encode<'q, D> + Type<D>,
{
    args.into_iter()
        .fold(sqlx::query(sql), |query, value| match value {
            Value::Int(v) => query.bind(v),
            Value::Text(v) => query.bind(v),
            Value::Blob(v) => query.bind(v),
            Value::Bool(v) => query.bind(v),
        })
}

/// A type that a column of either database is read as.
pub(crate) trait Column:
    Type<Sqlite> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + for<'r> Decode<'r, Postgres>
{
}

impl<T> Column for T where
    T: Type<Sqlite> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + for<'r> Decode<'r, Postgres>
{
}

/// One row of an answer.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// A column by its name.
    pub(crate) fn get<T: Column>(&self, column: &'static str) -> Result<T, StoreError> {
        let value = match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        };
        value.map_err(|e| StoreError::Unreadable {
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
