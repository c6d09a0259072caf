//! Access tokens of the WeChat-compatible API; nothing that opens a door is kept.

use std::fmt;
use std::str::FromStr;

use kaibo_domain::UnixMs;
use kaibo_domain::id::AppId;

use crate::db::{Conn, Row, args};
use crate::{Store, StoreError};

const DAY_MS: i64 = 24 * kaibo_domain::HOUR_MS;

/// Which call gave the token out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// `cgi-bin/token`.
    Plain,
    /// `cgi-bin/stable_token`.
    Stable,
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::Stable => "stable",
        })
    }
}

impl FromStr for TokenKind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "plain" => Ok(Self::Plain),
            "stable" => Ok(Self::Stable),
            _ => Err("neither `plain` nor `stable`"),
        }
    }
}

/// An access token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// Random half of the token; the other half follows from it and the master key.
    pub id: Vec<u8>,
    /// Whose it is.
    pub app_id: AppId,
    /// Which call gave it out.
    pub kind: TokenKind,
    /// When it was given out.
    pub issued_at: UnixMs,
    /// When it ends by itself.
    pub expires_at: UnixMs,
    /// When it ends because a newer one took its place; whichever comes first counts.
    pub superseded_at: Option<UnixMs>,
}

impl Store {
    /// The token of a hash, whether it still holds or not.
    pub async fn token(&self, id: &[u8]) -> Result<Option<AccessToken>, StoreError> {
        let sql = "SELECT id, app_id, kind, issued_at, expires_at, superseded_at \
             FROM access_token WHERE id = $1";
        let row = self.readers().row(sql, args![id]).await?;
        row.as_ref().map(token_of).transpose()
    }

    /// The token of an app that no other has superseded, else the one issued last.
    pub async fn newest_token(
        &self,
        app_id: &AppId,
        kind: TokenKind,
    ) -> Result<Option<AccessToken>, StoreError> {
        let args = args![app_id, kind.to_string()];
        let row = self.readers().row(NEWEST, args).await?;
        row.as_ref().map(token_of).transpose()
    }

    /// Keeps a new token. Every other of the same app and kind dies at `old_dies_at`, or when it
    /// already would. Tokens that expired more than a day before `token.issued_at` are dropped.
    pub async fn issue_token(
        &self,
        token: &AccessToken,
        old_dies_at: UnixMs,
    ) -> Result<(), StoreError> {
        let token = token.clone();
        self.writer()
            .of(&token.app_id)
            .write(move |tx| Box::pin(async move { issue(tx, &token, old_dies_at).await }))
            .await
    }

    /// As [`Store::issue_token`], if [`Store::newest_token`] is still the one of the id `newest`
    /// (`None`: there is none); `false`: it is not, and nothing changes.
    pub async fn issue_token_after(
        &self,
        token: &AccessToken,
        old_dies_at: UnixMs,
        newest: Option<&[u8]>,
    ) -> Result<bool, StoreError> {
        let token = token.clone();
        let newest = newest.map(<[u8]>::to_vec);
        self.writer()
            .of(&token.app_id)
            .write(move |tx| {
                Box::pin(async move {
                    let args = args![&token.app_id, token.kind.to_string()];
                    let row = tx.row(NEWEST, args).await?;
                    let now_newest = row.map(|row| row.get::<Vec<u8>>("id")).transpose()?;
                    if now_newest != newest {
                        return Ok(false);
                    }
                    issue(tx, &token, old_dies_at).await?;
                    Ok(true)
                })
            })
            .await
    }
}

const NEWEST: &str = "SELECT id, app_id, kind, issued_at, expires_at, superseded_at \
     FROM access_token WHERE app_id = $1 AND kind = $2 \
     ORDER BY (superseded_at IS NULL) DESC, issued_at DESC LIMIT 1";

async fn issue(tx: &mut Conn, token: &AccessToken, old_dies_at: UnixMs) -> Result<(), StoreError> {
    let kind = token.kind.to_string();
    tx.execute(
        "DELETE FROM access_token WHERE expires_at < $1",
        args![token.issued_at - DAY_MS],
    )
    .await?;
    tx.execute(
        "UPDATE access_token SET superseded_at = $3 WHERE app_id = $1 AND kind = $2 \
         AND (superseded_at IS NULL OR superseded_at > $3)",
        args![&token.app_id, kind.as_str(), old_dies_at],
    )
    .await?;
    tx.execute(
        "INSERT INTO access_token (id, app_id, kind, issued_at, expires_at, superseded_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        args![
            token.id.as_slice(),
            &token.app_id,
            kind,
            token.issued_at,
            token.expires_at,
            token.superseded_at
        ],
    )
    .await
    .map(drop)
}

fn token_of(row: &Row) -> Result<AccessToken, StoreError> {
    Ok(AccessToken {
        id: row.get("id")?,
        app_id: row.app_id()?,
        kind: row.parse("kind")?,
        issued_at: row.get("issued_at")?,
        expires_at: row.get("expires_at")?,
        superseded_at: row.get("superseded_at")?,
    })
}
