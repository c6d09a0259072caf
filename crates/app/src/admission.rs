//! Whether an app may use live.

use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;
use kaibo_domain::admission::{Admission, Fact, Judgement, judge};
use kaibo_domain::id::AppId;
use kaibo_domain::quota;

use crate::door::known;
use crate::{Kaibo, Result};

/// How many days of facts are kept: a year of them, and some.
const KEPT_DAYS: i64 = 400;

/// What was judged, and on which day.
pub(crate) struct Judged {
    day: Date,
    judgement: Judgement,
}

impl Kaibo {
    /// What was set for an app; open where nothing was.
    pub async fn admission(&self, app_id: &AppId) -> Result<Admission> {
        Ok(self.store().admission(app_id).await?)
    }

    /// Sets what is asked of an app, what it sells, and whether it is shut.
    pub async fn set_admission(&self, app_id: &AppId, set: &Admission) -> Result<()> {
        known(self.store().set_admission(app_id, set).await?)
    }

    /// What is known of an app, oldest first.
    pub async fn facts(&self, app_id: &AppId) -> Result<Vec<Fact>> {
        Ok(self.store().facts(app_id, self.oldest_fact()).await?)
    }

    /// Adds what is known of an app; another word about the same day takes the earlier's place.
    pub async fn add_facts(&self, app_id: &AppId, facts: &[Fact]) -> Result<()> {
        let oldest = self.oldest_fact();
        Ok(self.store().add_facts(app_id, facts, oldest).await?)
    }

    /// Whether an app may use live, and why.
    pub async fn judgement(&self, app_id: &AppId) -> Result<Judgement> {
        let set = self.admission(app_id).await?;
        let facts = self.facts(app_id).await?;
        Ok(judge(&set, &facts, self.today()))
    }

    /// Whether an app may use live, as of a second ago at most.
    pub async fn is_admitted(&self, app_id: &AppId) -> Result<bool> {
        let day = self.today();
        let judged = self.inner.judged.get(app_id, self.store());
        if let Some(judged) = judged.filter(|judged| judged.day == day) {
            return Ok(judged.judgement.admitted);
        }
        let generation = self.store().generation(app_id);
        let judgement = self.judgement(app_id).await?;
        let admitted = judgement.admitted;
        let judged = Arc::new(Judged { day, judgement });
        let key = app_id.clone();
        self.inner.judged.put(key, app_id, generation, judged);
        Ok(admitted)
    }

    /// The calendar day, where the settings say that days begin.
    pub fn today(&self) -> Date {
        quota::date(self.now(), &self.settings().zone)
    }

    fn oldest_fact(&self) -> Date {
        self.today().saturating_sub(KEPT_DAYS.days())
    }
}
