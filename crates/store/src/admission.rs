//! Whether each app may use live, and what is known of it.

use jiff::civil::Date;
use kaibo_domain::admission::{Admission, Fact, FactKind, Source};
use kaibo_domain::id::AppId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::db::{Row, args};
use crate::door::{json, read};
use crate::{Store, StoreError};

impl Store {
    /// What was set for an app; open where nothing was.
    pub async fn admission(&self, app_id: &AppId) -> Result<Admission, StoreError> {
        let sql = "SELECT policy, category, disabled FROM app_admission WHERE app_id = $1";
        let row = self.readers().row(sql, args![app_id]).await?;
        let Some(row) = row else {
            return Ok(Admission::default());
        };
        let category: Option<String> = row.get("category")?;
        let category = category.map(|text| of_word(&text, "category"));
        Ok(Admission {
            policy: read(&row, "policy")?,
            category: category.transpose()?,
            disabled: row.get("disabled")?,
        })
    }

    /// Sets whether an app may use live. `false`: no such app.
    pub async fn set_admission(&self, app_id: &AppId, set: &Admission) -> Result<bool, StoreError> {
        let sql = "INSERT INTO app_admission (app_id, policy, category, disabled) \
             SELECT app_id, $2, $3, $4 FROM app WHERE app_id = $1 \
             ON CONFLICT (app_id) DO UPDATE SET policy = excluded.policy, \
             category = excluded.category, disabled = excluded.disabled";
        let category = set.category.as_ref().map(word);
        let args = args![app_id, json(&set.policy), category, set.disabled];
        Ok(self.writer().of(app_id).execute(sql, args).await? == 1)
    }

    /// What is known of an app from the day `since` on, oldest first.
    pub async fn facts(&self, app_id: &AppId, since: Date) -> Result<Vec<Fact>, StoreError> {
        let sql = "SELECT kind, date, value, source, noted_at FROM admission_fact \
             WHERE app_id = $1 AND (date >= $2 OR kind = $3) ORDER BY date, kind";
        // Who somebody is does not grow old.
        let subject = word(&FactKind::Subject);
        let args = args![app_id, since.to_string(), subject];
        let rows = self.readers().rows(sql, args).await?;
        rows.iter().map(fact_of).collect()
    }

    /// Adds what is known of an app; another word about the same day takes the earlier's place.
    /// Facts about days before `oldest` are dropped, but for who the owner is.
    pub async fn add_facts(
        &self,
        app_id: &AppId,
        facts: &[Fact],
        oldest: Date,
    ) -> Result<(), StoreError> {
        let (app_id, facts) = (app_id.clone(), facts.to_vec());
        self.writer()
            .of(&app_id)
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "DELETE FROM admission_fact \
                         WHERE app_id = $1 AND date < $2 AND kind <> $3";
                    let subject = word(&FactKind::Subject);
                    tx.execute(sql, args![&app_id, oldest.to_string(), subject])
                        .await?;
                    let sql = "INSERT INTO admission_fact \
                         (app_id, kind, date, value, source, noted_at) \
                         VALUES ($1, $2, $3, $4, $5, $6) \
                         ON CONFLICT (app_id, kind, date) DO UPDATE SET value = excluded.value, \
                         source = excluded.source, noted_at = excluded.noted_at";
                    for fact in &facts {
                        let args = args![
                            &app_id,
                            word(&fact.kind),
                            fact.date.to_string(),
                            fact.value,
                            word(&fact.source),
                            fact.noted_at,
                        ];
                        tx.execute(sql, args).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

fn fact_of(row: &Row) -> Result<Fact, StoreError> {
    let kind: String = row.get("kind")?;
    let source: String = row.get("source")?;
    Ok(Fact {
        kind: of_word(&kind, "kind")?,
        date: row.parse("date")?,
        value: row.get("value")?,
        source: of_word::<Source>(&source, "source")?,
        noted_at: row.get("noted_at")?,
    })
}

/// The word for one of an enum's names.
fn word<T: Serialize>(name: &T) -> String {
    json(name).trim_matches('"').to_owned()
}

fn of_word<T: DeserializeOwned>(text: &str, column: &'static str) -> Result<T, StoreError> {
    let word = serde_json::Value::from(text);
    serde_json::from_value(word).map_err(|error| StoreError::Unreadable {
        column,
        detail: error.to_string(),
    })
}
