//! What people submitted to be verified, sealed; what became of it; and who saw it in full.

use std::collections::BTreeMap;

use kaibo_domain::UnixMs;
use kaibo_domain::id::AppId;
use kaibo_domain::identity::{Identity, SubmissionState};
use kaibo_domain::role::Role;

use crate::db::{Row, args};
use crate::roles::{self, Given};
use crate::room_row::json;
use crate::rooms::number;
use crate::{Store, StoreError};

/// What somebody submits.
#[derive(Clone, Copy)]
pub struct NewSubmission<'a> {
    /// To which app.
    pub app_id: &'a AppId,
    /// Who.
    pub wechat_id: &'a str,
    /// What they say of themselves.
    pub identity: &'a Identity,
    /// Name of the text that they agreed to.
    pub consent: &'a str,
    /// Their PIN, hashed.
    pub pin_hash: &'a str,
    /// How many may be submitted since `since`, this one included.
    pub most: i64,
    /// See `most`.
    pub since: UnixMs,
}

/// What became of submitting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// It is there, to be decided.
    Done,
    /// Another is to be decided first. Nothing was written.
    Open,
    /// The person submitted as often as they may. Nothing was written.
    Limit,
}

/// What somebody submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Its number.
    pub id: i64,
    /// Who.
    pub wechat_id: String,
    /// What they say of themselves.
    pub identity: Identity,
    /// Where it stands.
    pub state: SubmissionState,
    /// When it came.
    pub submitted_at: UnixMs,
    /// When it was decided.
    pub decided_at: Option<UnixMs>,
    /// By whom.
    pub decided_by: Option<String>,
}

/// What became of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It is as decided.
    Done,
    /// It is not there, or was decided before. Nothing was written.
    NotOpen,
    /// As many are anchors as may be. Nothing was written.
    RoleFull,
}

/// Somebody saw a full number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reveal {
    /// Who: a user's name.
    pub actor: String,
    /// What for.
    pub reason: String,
    /// When.
    pub at: UnixMs,
}

macro_rules! submission_columns {
    () => {
        "id, app_id, wechat_id, identity, state, submitted_at, decided_at, decided_by, reason \
         FROM submission"
    };
}

impl Store {
    /// Keeps what somebody submits, unless another submission of theirs is open.
    pub async fn submit_identity(
        &self,
        new: NewSubmission<'_>,
        now: UnixMs,
    ) -> Result<Submitted, StoreError> {
        let context = context(new.app_id, new.wechat_id, now);
        let plain = json(new.identity);
        let sealed = self.keys().seal(&context, plain.as_bytes());
        let who = args![new.app_id, new.wechat_id];
        let recent = args![new.app_id, new.wechat_id, new.since];
        let row = args![
            new.app_id,
            new.wechat_id,
            sealed,
            new.consent,
            new.pin_hash,
            now
        ];
        let most = new.most;
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let open = "SELECT id FROM submission \
                         WHERE app_id = $1 AND wechat_id = $2 AND state = 'submitted' LIMIT 1";
                    if tx.row(open, who).await?.is_some() {
                        return Ok(Submitted::Open);
                    }
                    let recently = "SELECT COUNT(*) AS n FROM submission \
                         WHERE app_id = $1 AND wechat_id = $2 AND submitted_at > $3";
                    if number(tx.row(recently, recent).await?)? >= most {
                        return Ok(Submitted::Limit);
                    }
                    let sql = "INSERT INTO submission \
                         (app_id, wechat_id, identity, consent, pin_hash, state, submitted_at) \
                         VALUES ($1, $2, $3, $4, $5, 'submitted', $6)";
                    tx.execute(sql, row).await?;
                    Ok(Submitted::Done)
                })
            })
            .await
    }

    /// Verifies somebody by what they submitted: an anchor until `due_at`, who confirms devices
    /// with the PIN that came with it.
    pub async fn approve_submission(
        &self,
        app_id: &AppId,
        wechat_id: &str,
        id: i64,
        actor: &str,
        due_at: UnixMs,
        now: UnixMs,
    ) -> Result<Decided, StoreError> {
        let (app_id, wechat_id) = (app_id.clone(), wechat_id.to_owned());
        let actor = actor.to_owned();
        self.writer()
            .write(move |tx| {
                Box::pin(async move {
                    let who = args![id, &app_id, wechat_id.as_str()];
                    let open = "SELECT pin_hash FROM submission WHERE id = $1 AND app_id = $2 \
                         AND wechat_id = $3 AND state = 'submitted'";
                    let Some(row) = tx.row(open, who).await? else {
                        return Ok(Decided::NotOpen);
                    };
                    let pin_hash: String = row.get("pin_hash")?;
                    if roles::give(tx, &app_id, &wechat_id, Role::Anchor, now).await? == Given::Full
                    {
                        return Ok(Decided::RoleFull);
                    }
                    let sql = "UPDATE submission SET state = 'verified', decided_at = $3, \
                         decided_by = $4 WHERE id = $1 AND app_id = $2";
                    tx.execute(sql, args![id, &app_id, now, actor]).await?;
                    let sql = "UPDATE anchor SET state = 'verified', due_at = $3, pin_hash = $4, \
                         verified_at = COALESCE(verified_at, $5) \
                         WHERE app_id = $1 AND wechat_id = $2";
                    let args = args![&app_id, wechat_id.as_str(), due_at, pin_hash, now];
                    tx.execute(sql, args).await?;
                    Ok(Decided::Done)
                })
            })
            .await
    }

    /// Sends a submission back; the person may submit again.
    pub async fn reject_submission(
        &self,
        app_id: &AppId,
        wechat_id: &str,
        id: i64,
        (actor, reason): (&str, &str),
        now: UnixMs,
    ) -> Result<Decided, StoreError> {
        let sql = "UPDATE submission SET state = 'rejected', decided_at = $4, decided_by = $5, \
             reason = $6 WHERE id = $1 AND app_id = $2 AND wechat_id = $3 AND state = 'submitted'";
        let args = args![id, app_id, wechat_id, now, actor, reason];
        let rejected = self.writer().execute(sql, args).await? == 1;
        Ok(if rejected {
            Decided::Done
        } else {
            Decided::NotOpen
        })
    }

    /// The hashed PIN of an anchor who was verified by what they submitted.
    pub async fn pin_hash(
        &self,
        app_id: &AppId,
        wechat_id: &str,
    ) -> Result<Option<String>, StoreError> {
        let sql = "SELECT pin_hash FROM anchor WHERE app_id = $1 AND wechat_id = $2";
        let row = self.readers().row(sql, args![app_id, wechat_id]).await?;
        row.map_or(Ok(None), |row| row.get("pin_hash"))
    }

    /// The latest submission of a person.
    pub async fn submission(
        &self,
        app_id: &AppId,
        wechat_id: &str,
    ) -> Result<Option<Submission>, StoreError> {
        let sql = concat!(
            "SELECT ",
            submission_columns!(),
            " WHERE app_id = $1 AND wechat_id = $2 ORDER BY id DESC LIMIT 1"
        );
        let row = self.readers().row(sql, args![app_id, wechat_id]).await?;
        row.as_ref().map(|row| self.submission_of(row)).transpose()
    }

    /// The latest submission of each person of an app, by WeChat id.
    pub async fn submissions(
        &self,
        app_id: &AppId,
    ) -> Result<BTreeMap<String, Submission>, StoreError> {
        let sql = concat!(
            "SELECT ",
            submission_columns!(),
            " WHERE app_id = $1 AND id IN \
             (SELECT MAX(id) FROM submission WHERE app_id = $1 GROUP BY wechat_id)"
        );
        let rows = self.readers().rows(sql, args![app_id]).await?;
        rows.iter()
            .map(|row| {
                let submission = self.submission_of(row)?;
                Ok((submission.wechat_id.clone(), submission))
            })
            .collect()
    }

    /// Submissions of an app that are to be decided and came after another, in order: number and
    /// WeChat id.
    pub async fn open_submissions(
        &self,
        app_id: &AppId,
        after: i64,
        limit: i64,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let sql = "SELECT id, wechat_id FROM submission \
             WHERE app_id = $1 AND id > $2 AND state = 'submitted' ORDER BY id LIMIT $3";
        let rows = self.readers().rows(sql, args![app_id, after, limit]);
        let rows = rows.await?;
        rows.iter()
            .map(|row| Ok((row.get("id")?, row.get("wechat_id")?)))
            .collect()
    }

    /// What somebody said of themselves in full, which is noted first; `None`: no such submission.
    pub async fn reveal_identity(
        &self,
        app_id: &AppId,
        wechat_id: &str,
        id: i64,
        (actor, reason): (&str, &str),
        now: UnixMs,
    ) -> Result<Option<Identity>, StoreError> {
        let who = args![id, app_id, wechat_id];
        let note = args![id, app_id, wechat_id, actor, reason, now];
        let row = self
            .writer()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = concat!(
                        "SELECT ",
                        submission_columns!(),
                        " WHERE id = $1 AND app_id = $2 AND wechat_id = $3"
                    );
                    let Some(row) = tx.row(sql, who).await? else {
                        return Ok(None);
                    };
                    let sql = "INSERT INTO reveal \
                         (submission_id, app_id, wechat_id, actor, reason, at) \
                         VALUES ($1, $2, $3, $4, $5, $6)";
                    tx.execute(sql, note).await?;
                    Ok(Some(row))
                })
            })
            .await?;
        row.map(|row| Ok(self.submission_of(&row)?.identity))
            .transpose()
    }

    /// Who saw a person's number, the latest first.
    pub async fn reveals(
        &self,
        app_id: &AppId,
        wechat_id: &str,
    ) -> Result<Vec<Reveal>, StoreError> {
        let sql = "SELECT actor, reason, at FROM reveal \
             WHERE app_id = $1 AND wechat_id = $2 ORDER BY id DESC LIMIT 100";
        let rows = self.readers().rows(sql, args![app_id, wechat_id]).await?;
        rows.iter()
            .map(|row| {
                Ok(Reveal {
                    actor: row.get("actor")?,
                    reason: row.get("reason")?,
                    at: row.get("at")?,
                })
            })
            .collect()
    }

    fn submission_of(&self, row: &Row) -> Result<Submission, StoreError> {
        let wechat_id: String = row.get("wechat_id")?;
        let submitted_at = row.get("submitted_at")?;
        let context = context(&row.app_id()?, &wechat_id, submitted_at);
        let plain = self.unseal(&context, &row.get::<Vec<u8>>("identity")?)?;
        let state = match row.get::<String>("state")?.as_str() {
            "submitted" => SubmissionState::Open,
            "verified" => SubmissionState::Approved,
            "rejected" => SubmissionState::Rejected {
                reason: row.get::<Option<String>>("reason")?.unwrap_or_default(),
            },
            _ => {
                return Err(StoreError::Unreadable {
                    column: "state",
                    detail: "none of `submitted`, `verified`, `rejected`".into(),
                });
            }
        };
        Ok(Submission {
            id: row.get("id")?,
            identity: serde_json::from_slice(&plain).map_err(|_| StoreError::Unreadable {
                column: "identity",
                // Not the parser's words, which may quote the value.
                detail: "it opens, but has another shape".into(),
            })?,
            wechat_id,
            state,
            submitted_at,
            decided_at: row.get("decided_at")?,
            decided_by: row.get("decided_by")?,
        })
    }
}

fn context(app_id: &AppId, wechat_id: &str, submitted_at: UnixMs) -> String {
    format!("identity/{app_id}/{wechat_id}/{submitted_at}")
}
