//! How often each app called each operation on a day.

use kaibo_domain::id::AppId;

use crate::db::args;
use crate::rooms::number;
use crate::{Store, StoreError};

/// Calls of one operation on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallCount {
    /// Whose calls.
    pub app_id: AppId,
    /// Of which operation.
    pub op: String,
    /// The day, as [`kaibo_domain::quota::day`] gives it.
    pub day: i32,
    /// How many.
    pub made: u32,
}

impl Store {
    /// Keeps counts, each of which never falls; those of days before `oldest` are dropped.
    pub async fn save_call_counts(
        &self,
        counts: &[CallCount],
        oldest: i32,
    ) -> Result<(), StoreError> {
        let counts = counts.to_vec();
        self.writer()
            .aside()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "DELETE FROM call_day WHERE day < $1";
                    tx.execute(sql, args![oldest]).await?;
                    let sql = "INSERT INTO call_day (app_id, op, day, made) \
                         VALUES ($1, $2, $3, $4) \
                         ON CONFLICT (app_id, op, day) DO UPDATE SET made = excluded.made \
                         WHERE excluded.made > call_day.made";
                    for count in &counts {
                        let args = args![&count.app_id, count.op.as_str(), count.day, count.made];
                        tx.execute(sql, args).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// How many calls of an operation were kept for a day.
    pub async fn calls_made(&self, app_id: &AppId, op: &str, day: i32) -> Result<i64, StoreError> {
        let sql = "SELECT made AS n FROM call_day WHERE app_id = $1 AND op = $2 AND day = $3";
        number(self.readers().row(sql, args![app_id, op, day]).await?)
    }
}
