//! Links with which users of the console choose their password, once: new ones, and those whose
//! password an owner has reset.

use kaibo_domain::UnixMs;
use kaibo_domain::id::AppId;
use kaibo_domain::user::UserRole;

use crate::db::args;
use crate::users::{set_apps, user_of};
use crate::{Store, StoreError, User};

/// Somebody who is to be a user, and the link that makes them one.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Name to log in with.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
    /// Where, for an operator.
    pub apps: Vec<AppId>,
    /// Hash of the link's token.
    pub token_hash: Vec<u8>,
    /// Until when the link works.
    pub expires_at: UnixMs,
}

impl Store {
    /// Makes a user who has no password yet, and the link with which they choose one. `None`: the
    /// name is taken.
    pub async fn invite_user(&self, new: NewUser, now: UnixMs) -> Result<Option<i64>, StoreError> {
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "INSERT INTO console_user (name, password_hash, created_at, role) \
                         VALUES ($1, '', $2, $3) ON CONFLICT (name) DO NOTHING RETURNING id";
                    let args = args![new.name, now, new.role.as_str()];
                    let Some(row) = tx.row(sql, args).await? else {
                        return Ok(None);
                    };
                    let id: i64 = row.get("id")?;
                    set_apps(tx, id, &new.apps).await?;
                    let sql = "INSERT INTO user_link (user_id, token_hash, expires_at) \
                         VALUES ($1, $2, $3)";
                    tx.execute(sql, args![id, new.token_hash, new.expires_at])
                        .await?;
                    Ok(Some(id))
                })
            })
            .await
    }

    /// Takes a user's password and sessions away and gives them a link with which to choose anew;
    /// the link before it is void. `false`: no such user.
    pub async fn renew_user_link(
        &self,
        user_id: i64,
        token_hash: &[u8],
        expires_at: UnixMs,
    ) -> Result<bool, StoreError> {
        let token_hash = token_hash.to_vec();
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "UPDATE console_user SET password_hash = '' WHERE id = $1";
                    if tx.execute(sql, args![user_id]).await? == 0 {
                        return Ok(false);
                    }
                    let sql = "DELETE FROM console_session WHERE user_id = $1";
                    tx.execute(sql, args![user_id]).await?;
                    let sql = "INSERT INTO user_link (user_id, token_hash, expires_at) \
                         VALUES ($1, $2, $3) ON CONFLICT (user_id) \
                         DO UPDATE SET token_hash = $2, expires_at = $3";
                    tx.execute(sql, args![user_id, token_hash, expires_at])
                        .await?;
                    Ok(true)
                })
            })
            .await
    }

    /// Whose link this is, and until when it works; `None`: it works no more, or never did.
    pub async fn user_of_link(
        &self,
        token_hash: &[u8],
        now: UnixMs,
    ) -> Result<Option<(User, UnixMs)>, StoreError> {
        let sql = "SELECT u.*, l.expires_at FROM user_link l JOIN console_user u ON u.id = l.user_id \
             WHERE l.token_hash = $1 AND l.expires_at > $2 AND u.disabled_at IS NULL";
        let row = self.readers().row(sql, args![token_hash, now]).await?;
        row.map(|row| Ok((user_of(&row)?, row.get("expires_at")?)))
            .transpose()
    }

    /// Until when the link of each user works who has one.
    pub async fn user_links(&self) -> Result<Vec<(i64, UnixMs)>, StoreError> {
        let sql = "SELECT user_id, expires_at FROM user_link";
        let rows = self.readers().rows(sql, args![]).await?;
        rows.iter()
            .map(|row| Ok((row.get("user_id")?, row.get("expires_at")?)))
            .collect()
    }

    /// Sets the password of a link's user and uses the link up. `None`, and nothing changes: it
    /// works no more.
    pub async fn use_user_link(
        &self,
        token_hash: &[u8],
        password_hash: &str,
        now: UnixMs,
    ) -> Result<Option<User>, StoreError> {
        let (token, password_hash) = (token_hash.to_vec(), password_hash.to_owned());
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "DELETE FROM user_link WHERE token_hash = $1 AND expires_at > $2 \
                         RETURNING user_id";
                    let Some(row) = tx.row(sql, args![token, now]).await? else {
                        return Ok(None);
                    };
                    let id: i64 = row.get("user_id")?;
                    let sql = "UPDATE console_user SET password_hash = $2 \
                         WHERE id = $1 AND disabled_at IS NULL RETURNING *";
                    let row = tx.row(sql, args![id, password_hash]).await?;
                    row.as_ref().map(user_of).transpose()
                })
            })
            .await
    }
}
