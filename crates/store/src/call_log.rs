//! The calls of the last days, so that a rid can be looked up. Nothing of what was sent or answered
//! is in it but the number.

use kaibo_domain::UnixMs;
use kaibo_domain::id::AppId;

use crate::db::{Row, args};
use crate::{Store, StoreError};

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// Whose call.
    pub app_id: AppId,
    /// What the caller knows it by.
    pub rid: String,
    /// When it arrived.
    pub at: UnixMs,
    /// Which operation.
    pub op: String,
    /// The number of the answer.
    pub code: i32,
    /// The true reason, where the answer does not say it all.
    pub reason: Option<String>,
    /// From which address.
    pub peer: String,
    /// How long it took, in microseconds.
    pub took_us: i64,
}

/// Which calls of an app to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallQuery {
    /// This one alone.
    pub rid: Option<String>,
    /// Answered with this number.
    pub code: Option<i32>,
    /// Not answered with 0.
    pub failed: bool,
    /// Of this operation.
    pub op: Option<String>,
    /// Older than the call of this place.
    pub before: Option<i64>,
    /// How many to give at most.
    pub limit: i64,
}

impl Store {
    /// Adds calls, in the order in which they came.
    pub async fn add_call_records(&self, records: &[CallRecord]) -> Result<(), StoreError> {
        let records = records.to_vec();
        self.writer()
            .aside()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "INSERT INTO call_log \
                         (app_id, rid, at, op, code, reason, peer, took_us) \
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
                    for call in &records {
                        let args = args![
                            &call.app_id,
                            call.rid.as_str(),
                            call.at,
                            call.op.as_str(),
                            call.code,
                            call.reason.as_deref(),
                            call.peer.as_str(),
                            call.took_us,
                        ];
                        tx.execute(sql, args).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Drops calls before `oldest`, and of each app all but the newest `most`.
    pub async fn trim_call_log(&self, oldest: UnixMs, most: u32) -> Result<(), StoreError> {
        self.writer()
            .aside()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "DELETE FROM call_log WHERE at < $1";
                    tx.execute(sql, args![oldest]).await?;
                    let sql = "SELECT app_id FROM app ORDER BY app_id";
                    for app in tx.rows(sql, args![]).await? {
                        let sql = "DELETE FROM call_log WHERE app_id = $1 AND id <= \
                             (SELECT id FROM call_log WHERE app_id = $1 \
                             ORDER BY id DESC LIMIT 1 OFFSET $2)";
                        tx.execute(sql, args![&app.app_id()?, most]).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// An app's calls with their places, the newest first.
    pub async fn call_records(
        &self,
        app_id: &AppId,
        query: &CallQuery,
    ) -> Result<Vec<(i64, CallRecord)>, StoreError> {
        let args = args![
            app_id,
            query.rid.as_deref().unwrap_or_default(),
            query.code.is_some(),
            query.code.unwrap_or_default(),
            query.failed,
            query.op.as_deref().unwrap_or_default(),
            query.before.unwrap_or(i64::MAX),
            query.limit.max(0),
        ];
        // Two texts, so that a rid is found by its index.
        let rows = if query.rid.is_some() {
            let sql = "SELECT id, app_id, rid, at, op, code, reason, peer, took_us \
                 FROM call_log WHERE app_id = $1 AND rid = $2 \
                 AND (NOT $3 OR code = $4) AND (NOT $5 OR code <> 0) \
                 AND ($6 = '' OR op = $6) AND id < $7 ORDER BY id DESC LIMIT $8";
            self.readers().rows(sql, args).await?
        } else {
            let sql = "SELECT id, app_id, rid, at, op, code, reason, peer, took_us \
                 FROM call_log WHERE app_id = $1 AND $2 = '' \
                 AND (NOT $3 OR code = $4) AND (NOT $5 OR code <> 0) \
                 AND ($6 = '' OR op = $6) AND id < $7 ORDER BY id DESC LIMIT $8";
            self.readers().rows(sql, args).await?
        };
        rows.iter().map(record_of).collect()
    }
}

fn record_of(row: &Row) -> Result<(i64, CallRecord), StoreError> {
    let code: i64 = row.get("code")?;
    let record = CallRecord {
        app_id: row.app_id()?,
        rid: row.get("rid")?,
        at: row.get("at")?,
        op: row.get("op")?,
        code: i32::try_from(code).unwrap_or(i32::MAX),
        reason: row.get("reason")?,
        peer: row.get("peer")?,
        took_us: row.get("took_us")?,
    };
    Ok((row.get("id")?, record))
}
