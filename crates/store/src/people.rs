//! People whom an app knows.

use kaibo_domain::UnixMs;
use kaibo_domain::id::AppId;
use kaibo_domain::role::Role;

use crate::db::{Conn, Row, args};
use crate::rooms::number;
use crate::{Store, StoreError};

/// Somebody whom an app knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub wechat_id: String,
    /// What they are called; empty until somebody says.
    pub nickname: String,
    /// What they may do, by number.
    pub roles: Vec<Role>,
    /// Since when they are known.
    pub known_at: UnixMs,
    /// When their roles last changed.
    pub roles_at: UnixMs,
}

/// Whose roles to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Holding {
    /// Everybody's, also of people without a role.
    #[default]
    Anything,
    /// Everybody's who holds some role.
    Some,
    /// Those who hold this one.
    Role(Role),
}

/// Which people of an app to list.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PeopleQuery {
    /// By their roles.
    pub holding: Holding,
    /// Part of a nickname or an id; empty: everybody.
    pub keyword: String,
    /// How many to skip.
    pub offset: i64,
    /// How many to give at most.
    pub limit: i64,
}

macro_rules! person_columns {
    () => {
        "p.wechat_id, p.nickname, p.known_at, p.roles_at, (SELECT CAST(COALESCE(SUM(CASE r.role \
         WHEN 0 THEN 1 WHEN 1 THEN 2 WHEN 2 THEN 4 ELSE 8 END), 0) AS BIGINT) FROM role r \
         WHERE r.app_id = p.app_id AND r.wechat_id = p.wechat_id) AS roles FROM person p"
    };
}

/// `$2`: a role's number, -1 for some role, -2 whatever they hold.
macro_rules! matching {
    () => {
        " WHERE p.app_id = $1 AND p.search LIKE $3 ESCAPE '!' AND (CAST($2 AS BIGINT) = -2 \
         OR EXISTS (SELECT 1 FROM role h WHERE h.app_id = p.app_id AND h.wechat_id = p.wechat_id \
         AND (CAST($2 AS BIGINT) = -1 OR h.role = $2)))"
    };
}

impl Store {
    /// A person.
    pub async fn person(
        &self,
        app_id: &AppId,
        wechat_id: &str,
    ) -> Result<Option<Person>, StoreError> {
        let sql = concat!(
            "SELECT ",
            person_columns!(),
            " WHERE p.app_id = $1 AND p.wechat_id = $2"
        );
        let row = self.readers().row(sql, args![app_id, wechat_id]).await?;
        row.as_ref().map(person_of).transpose()
    }

    /// How many people match, and one page of them; whose roles changed last comes first.
    pub async fn people(
        &self,
        app_id: &AppId,
        query: &PeopleQuery,
    ) -> Result<(i64, Vec<Person>), StoreError> {
        const COUNT: &str = concat!("SELECT COUNT(*) AS n FROM person p", matching!());
        const PAGE: &str = concat!(
            "SELECT ",
            person_columns!(),
            matching!(),
            " ORDER BY p.roles_at DESC, p.wechat_id LIMIT $4 OFFSET $5"
        );
        let holding = match query.holding {
            Holding::Anything => -2,
            Holding::Some => -1,
            Holding::Role(role) => i64::from(role.number()),
        };
        let mut args = args![app_id, holding, containing(&query.keyword)];
        let total = number(self.readers().row(COUNT, args.clone()).await?)?;
        args.extend(args![query.limit.max(0), query.offset.max(0)]);
        let rows = self.readers().rows(PAGE, args).await?;
        let people: Result<_, _> = rows.iter().map(person_of).collect();
        Ok((total, people?))
    }

    /// Makes somebody known, or gives who is known another nickname.
    pub async fn invite_person(
        &self,
        app_id: &AppId,
        wechat_id: &str,
        nickname: &str,
        now: UnixMs,
    ) -> Result<(), StoreError> {
        let (app_id, wechat_id) = (app_id.clone(), wechat_id.to_owned());
        let nickname = nickname.to_owned();
        self.writer()
            .of(&app_id)
            .write(move |tx| {
                Box::pin(async move {
                    know(tx, &app_id, &wechat_id, now).await?;
                    call(tx, &app_id, &wechat_id, &nickname).await
                })
            })
            .await
    }
}

/// Makes somebody known, if they are not.
pub(crate) async fn know(
    tx: &mut Conn,
    app_id: &AppId,
    wechat_id: &str,
    now: UnixMs,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO person (app_id, wechat_id, nickname, search, known_at, roles_at) \
         VALUES ($1, $2, '', $3, $4, $4) ON CONFLICT (app_id, wechat_id) DO NOTHING";
    let args = args![app_id, wechat_id, searched("", wechat_id), now];
    tx.execute(sql, args).await.map(drop)
}

/// Whether somebody is known.
pub(crate) async fn is_known(
    tx: &mut Conn,
    app_id: &AppId,
    wechat_id: &str,
) -> Result<bool, StoreError> {
    let sql = "SELECT wechat_id FROM person WHERE app_id = $1 AND wechat_id = $2";
    Ok(tx.row(sql, args![app_id, wechat_id]).await?.is_some())
}

async fn call(
    tx: &mut Conn,
    app_id: &AppId,
    wechat_id: &str,
    nickname: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE person SET nickname = $3, search = $4 WHERE app_id = $1 AND wechat_id = $2";
    let args = args![app_id, wechat_id, nickname, searched(nickname, wechat_id)];
    tx.execute(sql, args).await.map(drop)
}

/// Gives somebody known a nickname, if they have none.
pub(crate) async fn call_if_nameless(
    tx: &mut Conn,
    app_id: &AppId,
    wechat_id: &str,
    nickname: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE person SET nickname = $3, search = $4 \
         WHERE app_id = $1 AND wechat_id = $2 AND nickname = ''";
    let args = args![app_id, wechat_id, nickname, searched(nickname, wechat_id)];
    tx.execute(sql, args).await.map(drop)
}

/// What [`PeopleQuery::keyword`] is looked for in.
fn searched(nickname: &str, wechat_id: &str) -> String {
    format!("{nickname}\n{wechat_id}").to_lowercase()
}

/// A LIKE pattern for a text somewhere within another.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.to_lowercase().chars() {
        if "!%_".contains(c) {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

fn person_of(row: &Row) -> Result<Person, StoreError> {
    let bits: i64 = row.get("roles")?;
    let held = |role: &Role| bits & (1 << role.number()) != 0;
    Ok(Person {
        wechat_id: row.get("wechat_id")?,
        nickname: row.get("nickname")?,
        roles: Role::ALL.into_iter().filter(held).collect(),
        known_at: row.get("known_at")?,
        roles_at: row.get("roles_at")?,
    })
}
