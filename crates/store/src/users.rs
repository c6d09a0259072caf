//! Users of the console, the set-up token that makes the first one, and their sessions.

use std::fmt;

use kaibo_domain::UnixMs;
use kaibo_domain::id::AppId;
use kaibo_domain::user::UserRole;

use crate::db::{Conn, Row, args};
use crate::{Store, StoreError};

/// A user of the console.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Number.
    pub id: i64,
    /// Name to log in with.
    pub name: String,
    /// Password, hashed.
    pub password_hash: String,
    /// When they were made.
    pub created_at: UnixMs,
    /// What they may do.
    pub role: UserRole,
    /// Since when they may not log in.
    pub disabled_at: Option<UnixMs>,
    /// Whether logging in takes a code.
    pub has_two_factor: bool,
}

/// What became of a change to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserChange {
    /// It is done.
    Done,
    /// There is no such user.
    Unknown,
    /// Nobody would be left who may do everything.
    LastOwner,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Makes the owner, and uses up the set-up token. `None`, and nothing changes: the token is
    /// wrong or used, or the name is taken.
    pub async fn create_owner(
        &self,
        name: &str,
        password_hash: &str,
        setup_token_hash: &[u8],
        now: UnixMs,
    ) -> Result<Option<User>, StoreError> {
        let (name, password_hash) = (name.to_owned(), password_hash.to_owned());
        let token = setup_token_hash.to_vec();
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let taken = tx
                        .row(
                            "SELECT id FROM console_user WHERE name = $1",
                            args![name.as_str()],
                        )
                        .await?;
                    let use_up = "DELETE FROM setup_token WHERE token_hash = $1";
                    if taken.is_some() || tx.execute(use_up, args![token]).await? == 0 {
                        return Ok(None);
                    }
                    let sql = "INSERT INTO console_user (name, password_hash, created_at) \
                     VALUES ($1, $2, $3) RETURNING *";
                    let row = tx.row(sql, args![name, password_hash, now]).await?;
                    row.as_ref().map(user_of).transpose()
                })
            })
            .await
    }

    /// Opens set-up for the holder of one token; the one before is void.
    pub async fn set_setup_token(&self, token_hash: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT INTO setup_token (id, token_hash) VALUES (1, $1) \
             ON CONFLICT (id) DO UPDATE SET token_hash = $1";
        let args = args![token_hash];
        self.writer().execute(sql, args).await.map(drop)
    }

    /// Whether a set-up token may still be used.
    pub async fn setup_token_open(&self, token_hash: &[u8]) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM setup_token WHERE token_hash = $1";
        Ok(self.readers().row(sql, args![token_hash]).await?.is_some())
    }

    /// Whether there is any user.
    pub async fn has_user(&self) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM console_user LIMIT 1";
        Ok(self.readers().row(sql, args![]).await?.is_some())
    }

    /// The user of a name.
    pub async fn user_by_name(&self, name: &str) -> Result<Option<User>, StoreError> {
        let sql = "SELECT * FROM console_user WHERE name = $1";
        let row = self.readers().row(sql, args![name]).await?;
        row.as_ref().map(user_of).transpose()
    }

    /// All users, the first made first.
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        let sql = "SELECT * FROM console_user ORDER BY id";
        let rows = self.readers().rows(sql, args![]).await?;
        rows.iter().map(user_of).collect()
    }

    /// The apps that users were invited to, by user.
    pub async fn user_apps(&self) -> Result<Vec<(i64, AppId)>, StoreError> {
        let sql = "SELECT user_id, app_id FROM user_app ORDER BY user_id, app_id";
        let rows = self.readers().rows(sql, args![]).await?;
        rows.iter()
            .map(|row| Ok((row.get("user_id")?, row.app_id()?)))
            .collect()
    }

    /// The apps that a user was invited to.
    pub async fn apps_of_user(&self, user_id: i64) -> Result<Vec<AppId>, StoreError> {
        let sql = "SELECT app_id FROM user_app WHERE user_id = $1 ORDER BY app_id";
        let rows = self.readers().rows(sql, args![user_id]).await?;
        rows.iter().map(Row::app_id).collect()
    }

    /// Says what a user may do and where, and whether they may log in; who may not has no session
    /// any more.
    pub async fn change_user(
        &self,
        user_id: i64,
        role: UserRole,
        apps: Vec<AppId>,
        disabled_at: Option<UnixMs>,
    ) -> Result<UserChange, StoreError> {
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let stays_owner = role == UserRole::Owner && disabled_at.is_none();
                    if !stays_owner && !has_other_owner(tx, user_id).await? {
                        return Ok(UserChange::LastOwner);
                    }
                    let sql = "UPDATE console_user SET role = $2, \
                         disabled_at = CASE WHEN $4 AND disabled_at IS NOT NULL THEN disabled_at \
                         ELSE $3 END WHERE id = $1";
                    let shut = disabled_at.is_some();
                    let args = args![user_id, role.as_str(), disabled_at, shut];
                    if tx.execute(sql, args).await? == 0 {
                        return Ok(UserChange::Unknown);
                    }
                    if disabled_at.is_some() {
                        let sql = "DELETE FROM console_session WHERE user_id = $1";
                        tx.execute(sql, args![user_id]).await?;
                    }
                    set_apps(tx, user_id, &apps).await?;
                    Ok(UserChange::Done)
                })
            })
            .await
    }

    /// Removes a user with all that is theirs.
    pub async fn drop_user(&self, user_id: i64) -> Result<UserChange, StoreError> {
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    if !has_other_owner(tx, user_id).await? {
                        return Ok(UserChange::LastOwner);
                    }
                    for sql in [
                        "DELETE FROM console_session WHERE user_id = $1",
                        "DELETE FROM user_app WHERE user_id = $1",
                        "DELETE FROM user_link WHERE user_id = $1",
                        "DELETE FROM recovery_code WHERE user_id = $1",
                    ] {
                        tx.execute(sql, args![user_id]).await?;
                    }
                    let sql = "DELETE FROM console_user WHERE id = $1";
                    let is_gone = tx.execute(sql, args![user_id]).await? == 1;
                    Ok(if is_gone {
                        UserChange::Done
                    } else {
                        UserChange::Unknown
                    })
                })
            })
            .await
    }

    /// Sets a password, ends the user's sessions and voids their link; `false`: no such user.
    pub async fn set_password(&self, name: &str, password_hash: &str) -> Result<bool, StoreError> {
        let (name, password_hash) = (name.to_owned(), password_hash.to_owned());
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "UPDATE console_user SET password_hash = $2 WHERE name = $1";
                    let args = args![name.as_str(), password_hash];
                    if tx.execute(sql, args).await? == 0 {
                        return Ok(false);
                    }
                    let sql = "DELETE FROM console_session WHERE user_id IN \
                     (SELECT id FROM console_user WHERE name = $1)";
                    tx.execute(sql, args![name.as_str()]).await?;
                    let sql = "DELETE FROM user_link WHERE user_id IN \
                     (SELECT id FROM console_user WHERE name = $1)";
                    tx.execute(sql, args![name]).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// Begins a session of `user`, known by the hash of its cookie; `csrf` must come with each of
    /// its writes. Sessions that are over are dropped. `false`, and nothing changes: the user's
    /// password is not any more what it was when `user` was read.
    pub async fn create_session(
        &self,
        hash: &[u8],
        user: &User,
        csrf: &str,
        expires_at: UnixMs,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let known = args![user.id, user.password_hash.as_str()];
        let args = args![hash, user.id, csrf, expires_at, now];
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "SELECT id FROM console_user \
                         WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL";
                    if tx.row(sql, known).await?.is_none() {
                        return Ok(false);
                    }
                    let over = "DELETE FROM console_session WHERE expires_at <= $1";
                    tx.execute(over, args![now]).await?;
                    let sql = "INSERT INTO console_session \
                         (id_hash, user_id, csrf, expires_at, created_at) \
                         VALUES ($1, $2, $3, $4, $5)";
                    tx.execute(sql, args).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// The user of a session that is not over at `now`, and its CSRF token.
    pub async fn session(
        &self,
        hash: &[u8],
        now: UnixMs,
    ) -> Result<Option<(User, String)>, StoreError> {
        let sql = "SELECT u.*, s.csrf FROM console_session s JOIN console_user u ON u.id = s.user_id \
             WHERE s.id_hash = $1 AND s.expires_at > $2 AND u.disabled_at IS NULL";
        let row = self.readers().row(sql, args![hash, now]).await?;
        row.map(|row| Ok((user_of(&row)?, row.get("csrf")?)))
            .transpose()
    }

    /// Sessions of a user that are not over at `now`, the latest first: hash, begin and end.
    pub async fn sessions(
        &self,
        user_id: i64,
        now: UnixMs,
    ) -> Result<Vec<(Vec<u8>, UnixMs, UnixMs)>, StoreError> {
        let sql = "SELECT id_hash, created_at, expires_at FROM console_session \
             WHERE user_id = $1 AND expires_at > $2 ORDER BY created_at DESC, id_hash LIMIT 100";
        let rows = self.readers().rows(sql, args![user_id, now]).await?;
        rows.iter()
            .map(|row| {
                let begun_at = row.get("created_at")?;
                Ok((row.get("id_hash")?, begun_at, row.get("expires_at")?))
            })
            .collect()
    }

    /// Ends a session of a user; `false`: they have no such session.
    pub async fn drop_session_of(&self, user_id: i64, hash: &[u8]) -> Result<bool, StoreError> {
        let sql = "DELETE FROM console_session WHERE user_id = $1 AND id_hash = $2";
        let args = args![user_id, hash];
        Ok(self.writer().execute(sql, args).await? == 1)
    }

    /// Ends a session.
    pub async fn drop_session(&self, hash: &[u8]) -> Result<(), StoreError> {
        let sql = "DELETE FROM console_session WHERE id_hash = $1";
        let args = args![hash];
        self.writer().execute(sql, args).await.map(drop)
    }
}

pub(crate) fn user_of(row: &Row) -> Result<User, StoreError> {
    Ok(User {
        id: row.get("id")?,
        name: row.get("name")?,
        password_hash: row.get("password_hash")?,
        created_at: row.get("created_at")?,
        role: row.parse("role")?,
        disabled_at: row.get("disabled_at")?,
        has_two_factor: row.get::<Option<i64>>("totp_on_at")?.is_some(),
    })
}

/// Whether somebody else may do everything and log in.
async fn has_other_owner(tx: &mut Conn, user_id: i64) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM console_user WHERE role = 'owner' AND disabled_at IS NULL \
         AND password_hash <> '' AND id <> $1 LIMIT 1";
    Ok(tx.row(sql, args![user_id]).await?.is_some())
}

/// The apps that a user was invited to; one that is not there is left out.
pub(crate) async fn set_apps(
    tx: &mut Conn,
    user_id: i64,
    apps: &[AppId],
) -> Result<(), StoreError> {
    let sql = "DELETE FROM user_app WHERE user_id = $1";
    tx.execute(sql, args![user_id]).await?;
    for app_id in apps {
        let sql = "INSERT INTO user_app (user_id, app_id) \
             SELECT $1, app_id FROM app WHERE app_id = $2 ON CONFLICT DO NOTHING";
        tx.execute(sql, args![user_id, app_id]).await?;
    }
    Ok(())
}
