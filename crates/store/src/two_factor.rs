//! The second factor of users of the console: its secret, sealed, which codes were used, and the
//! codes for who has lost it.

use std::fmt;

use kaibo_domain::UnixMs;

use crate::db::args;
use crate::{Store, StoreError};

/// A user's second factor.
#[derive(Clone, PartialEq, Eq)]
pub struct TwoFactor {
    /// Shared with the user's app for codes.
    pub secret: Vec<u8>,
    /// When a code first showed that the user has it; `None`: not yet.
    pub on_at: Option<UnixMs>,
    /// The last step of time whose code was used.
    pub step: i64,
}

impl fmt::Debug for TwoFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwoFactor")
            .field("on_at", &self.on_at)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// A user's second factor, if one was begun.
    pub async fn two_factor(&self, user_id: i64) -> Result<Option<TwoFactor>, StoreError> {
        let sql = "SELECT totp_secret, totp_on_at, totp_step FROM console_user \
             WHERE id = $1 AND totp_secret IS NOT NULL";
        let Some(row) = self.readers().row(sql, args![user_id]).await? else {
            return Ok(None);
        };
        Ok(Some(TwoFactor {
            secret: self.unseal(&context(user_id), &row.get::<Vec<u8>>("totp_secret")?)?,
            on_at: row.get("totp_on_at")?,
            step: row.get("totp_step")?,
        }))
    }

    /// Begins one, in the place of one that was begun and never shown. `false`: it is on already.
    pub async fn begin_two_factor(&self, user_id: i64, secret: &[u8]) -> Result<bool, StoreError> {
        let sealed = self.keys().seal(&context(user_id), secret);
        let sql = "UPDATE console_user SET totp_secret = $2, totp_step = 0 \
             WHERE id = $1 AND totp_on_at IS NULL";
        let args = args![user_id, sealed];
        Ok(self.writer().execute(sql, args).await? == 1)
    }

    /// Turns it on by the code of a step, with recovery codes. `false`: it was not begun, or is on.
    pub async fn turn_two_factor_on(
        &self,
        user_id: i64,
        step: i64,
        recovery: Vec<Vec<u8>>,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "UPDATE console_user SET totp_on_at = $3, totp_step = $2 \
                         WHERE id = $1 AND totp_on_at IS NULL AND totp_secret IS NOT NULL";
                    if tx.execute(sql, args![user_id, step, now]).await? == 0 {
                        return Ok(false);
                    }
                    let sql = "DELETE FROM recovery_code WHERE user_id = $1";
                    tx.execute(sql, args![user_id]).await?;
                    for hash in recovery {
                        let sql = "INSERT INTO recovery_code (user_id, code_hash) VALUES ($1, $2)";
                        tx.execute(sql, args![user_id, hash]).await?;
                    }
                    Ok(true)
                })
            })
            .await
    }

    /// Uses the code of a step up. `false`: that one, or a later one, was used before.
    pub async fn use_step(&self, user_id: i64, step: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE console_user SET totp_step = $2 \
             WHERE id = $1 AND totp_step < $2 AND totp_on_at IS NOT NULL";
        let args = args![user_id, step];
        Ok(self.writer().execute(sql, args).await? == 1)
    }

    /// Uses a recovery code up. `false`: the user has no such code.
    pub async fn use_recovery_code(&self, user_id: i64, hash: &[u8]) -> Result<bool, StoreError> {
        let sql = "DELETE FROM recovery_code WHERE user_id = $1 AND code_hash = $2";
        let args = args![user_id, hash];
        Ok(self.writer().execute(sql, args).await? == 1)
    }

    /// How many recovery codes a user still has.
    pub async fn recovery_codes(&self, user_id: i64) -> Result<i64, StoreError> {
        let sql = "SELECT count(*) AS n FROM recovery_code WHERE user_id = $1";
        let row = self.readers().row(sql, args![user_id]).await?;
        row.map_or(Ok(0), |row| row.get("n"))
    }

    /// Takes a user's second factor away. `false`: no such user.
    pub async fn drop_two_factor(&self, user_id: i64) -> Result<bool, StoreError> {
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "DELETE FROM recovery_code WHERE user_id = $1";
                    tx.execute(sql, args![user_id]).await?;
                    let sql = "UPDATE console_user \
                         SET totp_secret = NULL, totp_on_at = NULL, totp_step = 0 WHERE id = $1";
                    Ok(tx.execute(sql, args![user_id]).await? == 1)
                })
            })
            .await
    }

    /// Whether every user must have one.
    pub async fn demands_two_factor(&self) -> Result<bool, StoreError> {
        let sql = "SELECT demands_totp FROM user_policy WHERE id = 1";
        let row = self.readers().row(sql, args![]).await?;
        row.map_or(Ok(false), |row| row.get("demands_totp"))
    }

    /// Says whether every user must have one.
    pub async fn demand_two_factor(&self, demanded: bool) -> Result<(), StoreError> {
        let sql = "INSERT INTO user_policy (id, demands_totp) VALUES (1, $1) \
             ON CONFLICT (id) DO UPDATE SET demands_totp = $1";
        let args = args![demanded];
        self.writer().execute(sql, args).await.map(drop)
    }
}

fn context(user_id: i64) -> String {
    format!("user/{user_id}/totp")
}
