//! Verifying who people are: they submit, an operator decides. A verifier outside decides by the
//! same two functions as the console.

use std::net::IpAddr;

use kaibo_domain::anchor::{self, RECHECK_MS};
use kaibo_domain::id::AppId;
use kaibo_domain::identity::{self, IdentityForm, IdentityRefusal, SubmissionState};
use kaibo_domain::person::{self, PersonRefusal};
use kaibo_domain::refusal::Refusal;
use kaibo_domain::role::Role;
use kaibo_domain::{HOUR_MS, MINUTE_MS};
use kaibo_store::{Decided, NewSubmission, Reveal, Submitted};

use crate::accounts::hash_password;
use crate::{AnchorFile, Kaibo, Result, VerificationView, secret};

/// Tries of one link, and of one address, within [`TRIES_WITHIN_MS`].
pub(crate) const TRIES: u32 = 10;
/// See [`TRIES`].
pub(crate) const TRIES_WITHIN_MS: i64 = 10 * MINUTE_MS;
/// Submissions of one person in a day.
const MOST_A_DAY: i64 = 5;

/// Why something submitted is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubmitRefusal {
    /// No such link.
    Unknown,
    /// Fields are wrong.
    Fields(Vec<IdentityRefusal>),
    /// What was submitted before is to be decided first.
    Waits,
    /// The person is verified, and not due soon.
    Done,
    /// Too many tries.
    TooManyTries {
        /// How long to wait.
        retry_after_ms: i64,
    },
}

impl Kaibo {
    /// Takes what a person says of themselves behind their verification link.
    pub async fn submit_identity(
        &self,
        token: &str,
        form: &IdentityForm,
        peer: IpAddr,
    ) -> Result<std::result::Result<VerificationView, SubmitRefusal>> {
        let now = self.now();
        // The address first, as with log-ins. Tokens are counted by their hash: they are secret.
        let token_key = secret::hex(&secret::mac(b"verification", &[token.as_bytes()]));
        for key in [format!("peer {peer}"), format!("token {token_key}")] {
            if let Err(retry_after_ms) = self.inner.submissions.take(&key, now) {
                return Ok(Err(SubmitRefusal::TooManyTries { retry_after_ms }));
            }
        }
        let Some(asked) = self.store().anchor_by_token(token).await? else {
            return Ok(Err(SubmitRefusal::Unknown));
        };
        let (app_id, wechat_id) = (&asked.app_id, asked.wechat_id.as_str());
        let latest = self.store().submission(app_id, wechat_id).await?;
        let latest = latest.map(|s| s.state);
        if !anchor::may_submit(asked.state, asked.due_at, latest.as_ref(), now) {
            return Ok(Err(match latest {
                Some(SubmissionState::Open) => SubmitRefusal::Waits,
                _ => SubmitRefusal::Done,
            }));
        }
        let identity = match identity::check(form, self.settings().today(now)) {
            Ok(identity) => identity,
            Err(wrong) => return Ok(Err(SubmitRefusal::Fields(wrong))),
        };
        let pin_hash = hash_password(self.peppered(app_id, wechat_id, &form.pin)).await?;
        let new = NewSubmission {
            app_id,
            wechat_id,
            identity: &identity,
            consent: identity::CONSENT,
            pin_hash: &pin_hash,
            most: MOST_A_DAY,
            since: now - 24 * HOUR_MS,
        };
        match self.store().submit_identity(new, now).await? {
            Submitted::Open => Ok(Err(SubmitRefusal::Waits)),
            Submitted::Limit => Ok(Err(SubmitRefusal::TooManyTries {
                retry_after_ms: 24 * HOUR_MS,
            })),
            Submitted::Done => {
                tracing::info!(%app_id, wechat_id, "an anchor submitted their identity");
                let view = self.verification(token).await?;
                Ok(view.ok_or(SubmitRefusal::Unknown))
            }
        }
    }

    /// Verifies somebody by what they submitted; `actor` is who decided.
    pub async fn approve_submission(
        &self,
        app_id: &AppId,
        wechat_id: &str,
        id: i64,
        actor: &str,
    ) -> Result<AnchorFile> {
        let now = self.now();
        let due_at = now + RECHECK_MS;
        let decided = self
            .store()
            .approve_submission(app_id, wechat_id, id, actor, due_at, now);
        self.decided(app_id, wechat_id, decided.await?).await
    }

    /// Sends back what somebody submitted; the reason is for them to read.
    pub async fn reject_submission(
        &self,
        app_id: &AppId,
        wechat_id: &str,
        id: i64,
        (actor, reason): (&str, &str),
    ) -> Result<AnchorFile> {
        if !person::is_reason(reason) {
            return Err(PersonRefusal::Reason.into());
        }
        let decided = (actor, reason.trim());
        let decided = self
            .store()
            .reject_submission(app_id, wechat_id, id, decided, self.now());
        self.decided(app_id, wechat_id, decided.await?).await
    }

    async fn decided(
        &self,
        app_id: &AppId,
        wechat_id: &str,
        decided: Decided,
    ) -> Result<AnchorFile> {
        match decided {
            Decided::Done => self.anchor(app_id, wechat_id).await,
            Decided::NotOpen => Err(PersonRefusal::NothingSubmitted.into()),
            Decided::RoleFull => Err(PersonRefusal::RoleFull(Role::Anchor).into()),
        }
    }

    /// A full identity number; who saw it and what for is kept.
    pub async fn reveal_number(
        &self,
        app_id: &AppId,
        wechat_id: &str,
        id: i64,
        (actor, reason): (&str, &str),
    ) -> Result<String> {
        if !person::is_reason(reason) {
            return Err(PersonRefusal::Reason.into());
        }
        let note = (actor, reason.trim());
        let revealed = self
            .store()
            .reveal_identity(app_id, wechat_id, id, note, self.now());
        let identity = revealed.await?.ok_or(Refusal::PersonUnknown)?;
        Ok(identity.number)
    }

    /// Who saw a person's number, the latest first.
    pub async fn reveals(&self, app_id: &AppId, wechat_id: &str) -> Result<Vec<Reveal>> {
        Ok(self.store().reveals(app_id, wechat_id).await?)
    }

    /// What of a PIN is hashed: six digits are soon tried out, so whoever has the database alone
    /// must lack the key.
    pub(crate) fn peppered(&self, app_id: &AppId, wechat_id: &str, pin: &str) -> String {
        let key = self.store().keys().derive("pin");
        let parts = [app_id.as_str(), "/", wechat_id, "/", pin].map(str::as_bytes);
        secret::hex(&secret::mac(&key, &parts))
    }
}
