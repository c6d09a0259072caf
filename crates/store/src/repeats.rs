//! Calls that may be sent again under a key of their own, and what was answered to them.

use kaibo_domain::UnixMs;

use crate::db::{Row, args};
use crate::{Store, StoreError};

const SEALED: &str = "repeat answer";

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It is new, and now noted as begun.
    First,
    /// The same call was answered with this.
    Answered(Vec<u8>),
    /// The same call was begun, and no answer is known.
    Begun,
    /// It stands for another call.
    Other,
}

impl Store {
    /// Notes that a call begins, unless its key is known. Keys that began before `oldest` are
    /// dropped.
    pub async fn begin_repeat(
        &self,
        scope: &str,
        key_hash: &[u8],
        body_hash: &[u8],
        now: UnixMs,
        oldest: UnixMs,
    ) -> Result<Repeat, StoreError> {
        let store = self.clone();
        let (scope, key, body) = (scope.to_owned(), key_hash.to_vec(), body_hash.to_vec());
        self.writer()
            .aside()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "DELETE FROM repeat_key WHERE begun_at < $1";
                    tx.execute(sql, args![oldest]).await?;
                    let sql = "SELECT body_hash, answer FROM repeat_key \
                         WHERE scope = $1 AND key_hash = $2";
                    let known = tx.row(sql, args![scope.as_str(), key.as_slice()]).await?;
                    if let Some(known) = known {
                        return store.repeat_of(&known, &body);
                    }
                    let sql = "INSERT INTO repeat_key (scope, key_hash, body_hash, begun_at) \
                         VALUES ($1, $2, $3, $4)";
                    tx.execute(sql, args![scope, key, body, now]).await?;
                    Ok(Repeat::First)
                })
            })
            .await
    }

    /// Keeps what was answered to a call that began.
    pub async fn answer_repeat(
        &self,
        scope: &str,
        key_hash: &[u8],
        answer: &[u8],
    ) -> Result<(), StoreError> {
        let sql = "UPDATE repeat_key SET answer = $3 WHERE scope = $1 AND key_hash = $2";
        let sealed = self.keys().seal(SEALED, answer);
        let args = args![scope, key_hash, sealed];
        self.writer().aside().execute(sql, args).await.map(drop)
    }

    /// Nothing was done: the key is new again.
    pub async fn forget_repeat(&self, scope: &str, key_hash: &[u8]) -> Result<(), StoreError> {
        let sql = "DELETE FROM repeat_key WHERE scope = $1 AND key_hash = $2";
        let args = args![scope, key_hash];
        self.writer().aside().execute(sql, args).await.map(drop)
    }

    fn repeat_of(&self, known: &Row, body: &[u8]) -> Result<Repeat, StoreError> {
        if known.get::<Vec<u8>>("body_hash")? != body {
            return Ok(Repeat::Other);
        }
        let Some(sealed) = known.get::<Option<Vec<u8>>>("answer")? else {
            return Ok(Repeat::Begun);
        };
        let answer = self.keys().open(SEALED, &sealed);
        answer
            .map(Repeat::Answered)
            .map_err(|error| StoreError::Unreadable {
                column: "answer",
                detail: error.to_string(),
            })
    }
}
