//! Anchors: who may broadcast, and how they become known.

use kaibo_domain::UnixMs;
use kaibo_domain::anchor::{self, RECHECK_MS, Standing};
use kaibo_domain::id::AppId;
use kaibo_domain::identity::{SubmissionState, age_of};
use kaibo_domain::person::PersonRefusal;
use kaibo_domain::refusal::Refusal;
use kaibo_domain::role::Role;
use kaibo_store::{Anchor, Submission};

use crate::settings::VerificationPolicy;
use crate::{Kaibo, Result, secret};

/// What the verification page shows to whoever holds its link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationView {
    /// Name of the app that asks.
    pub app_name: String,
    /// The WeChat id with its middle hidden.
    pub wechat_id_masked: String,
    /// Where it stands.
    pub standing: Standing,
    /// Why it was sent back, if it was.
    pub reason: Option<String>,
    /// When it is due again, while it holds.
    pub due_at: Option<UnixMs>,
    /// Whether the form may be sent.
    pub may_submit: bool,
}

/// Somebody who broadcasts or asked to, with what they submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorFile {
    /// Who.
    pub anchor: Anchor,
    /// Where their verification stands.
    pub standing: Standing,
    /// The latest that they submitted.
    pub submission: Option<Submission>,
    /// How old they are by it; 0 without one.
    pub age: i16,
}

impl AnchorFile {
    /// Whether an operator is to look at it.
    pub fn waits_for_decision(&self) -> bool {
        let state = self.submission.as_ref().map(|s| &s.state);
        state == Some(&SubmissionState::Open)
    }
}

impl Kaibo {
    /// Makes a WeChat id a verified anchor of an app, with role 2, for half a year.
    pub async fn verify_anchor(&self, app_id: &AppId, wechat_id: &str) -> Result<Anchor> {
        if self.store().app(app_id).await?.is_none() || !anchor::is_wechat_id(wechat_id) {
            return Err(Refusal::PersonUnknown.into());
        }
        let token = secret::random_text(22);
        let now = self.now();
        let verified = self
            .store()
            .verify_anchor(app_id, wechat_id, &token, now + RECHECK_MS, now);
        Ok(verified
            .await?
            .ok_or(PersonRefusal::RoleFull(Role::Anchor))?)
    }

    /// An app's anchors, those that wait for a decision first, then those that are not verified.
    pub async fn anchors(&self, app_id: &AppId) -> Result<Vec<AnchorFile>> {
        let anchors = self.store().anchors(app_id).await?;
        let mut submissions = self.store().submissions(app_id).await?;
        let mut files: Vec<AnchorFile> = anchors
            .into_iter()
            .map(|anchor| {
                let submission = submissions.remove(&anchor.wechat_id);
                self.file(anchor, submission)
            })
            .collect();
        files.sort_by_key(|file| {
            let waits = file.waits_for_decision();
            let verified = file.standing == Standing::Verified;
            (!waits, verified, -file.anchor.requested_at)
        });
        Ok(files)
    }

    /// One anchor of an app.
    pub async fn anchor(&self, app_id: &AppId, wechat_id: &str) -> Result<AnchorFile> {
        let anchor = self.store().anchor(app_id, wechat_id).await?;
        let anchor = anchor.ok_or(Refusal::PersonUnknown)?;
        let submission = self.store().submission(app_id, wechat_id).await?;
        Ok(self.file(anchor, submission))
    }

    fn file(&self, anchor: Anchor, submission: Option<Submission>) -> AnchorFile {
        let now = self.now();
        let latest = submission.as_ref().map(|s| &s.state);
        let today = self.settings().today(now);
        let age = submission
            .as_ref()
            .and_then(|s| age_of(&s.identity.number, today));
        AnchorFile {
            standing: Standing::of(anchor.state, anchor.due_at, latest, now),
            age: age.unwrap_or_default(),
            anchor,
            submission,
        }
    }

    /// What the page behind a verification link shows; `None` for an unknown link.
    pub async fn verification(&self, token: &str) -> Result<Option<VerificationView>> {
        let Some(anchor) = self.store().anchor_by_token(token).await? else {
            return Ok(None);
        };
        let app_name = self.app_name(&anchor.app_id).await?.unwrap_or_default();
        let submission = self
            .store()
            .submission(&anchor.app_id, &anchor.wechat_id)
            .await?;
        let latest = submission.as_ref().map(|s| &s.state);
        let now = self.now();
        let standing = Standing::of(anchor.state, anchor.due_at, latest, now);
        Ok(Some(VerificationView {
            app_name,
            wechat_id_masked: anchor::masked(&anchor.wechat_id),
            standing,
            reason: match latest {
                Some(SubmissionState::Rejected { reason }) if standing == Standing::Rejected => {
                    Some(reason.clone())
                }
                _ => None,
            },
            due_at: anchor.due_at.filter(|_| standing == Standing::Verified),
            may_submit: anchor::may_submit(anchor.state, anchor.due_at, latest, now),
        }))
    }

    /// Address of the page behind a verification link.
    pub fn verification_url(&self, token: &str) -> String {
        format!("{}/verify/{token}", self.settings().public_http)
    }

    /// Refuses whoever is not verified or is an anchor no more, and opens a verification for the
    /// main anchor.
    pub(crate) async fn require_verified(
        &self,
        app_id: &AppId,
        wechat_id: &str,
        sub_anchor: Option<&str>,
    ) -> Result<()> {
        if self.is_rehearsal() {
            return Ok(());
        }
        if !self.is_verified(app_id, wechat_id).await? {
            let token = self.open_verification(app_id, wechat_id).await?;
            return Err(Refusal::AnchorUnverified { token }.into());
        }
        if !self.is_anchor(app_id, wechat_id).await? {
            return Err(PersonRefusal::NotAnAnchor.into());
        }
        match sub_anchor {
            Some(sub) => self.require_sub_anchor(app_id, sub).await,
            None => Ok(()),
        }
    }

    /// Opens a verification of somebody, if none is open; the address of its page.
    pub async fn invite_anchor(&self, app_id: &AppId, wechat_id: &str) -> Result<String> {
        if !self.is_acceptable(app_id, wechat_id).await? {
            return Err(PersonRefusal::NotAcceptable.into());
        }
        let token = self.open_verification(app_id, wechat_id).await?;
        Ok(self.verification_url(&token))
    }

    /// The token that opens the page of somebody's verification.
    pub(crate) async fn open_verification(
        &self,
        app_id: &AppId,
        wechat_id: &str,
    ) -> Result<String> {
        let token = secret::random_text(22);
        let asked = self
            .store()
            .request_anchor(app_id, wechat_id, &token, self.now());
        Ok(asked.await?.token)
    }

    /// Everybody may broadcast.
    pub(crate) fn is_rehearsal(&self) -> bool {
        self.settings().verification == VerificationPolicy::Off
    }

    /// Whether somebody has shown who they are, within the last half year.
    pub(crate) async fn is_verified(&self, app_id: &AppId, wechat_id: &str) -> Result<bool> {
        let anchor = self.store().anchor(app_id, wechat_id).await?;
        Ok(anchor.is_some_and(|a| anchor::holds(a.state, a.due_at, self.now())))
    }

    pub(crate) async fn is_anchor(&self, app_id: &AppId, wechat_id: &str) -> Result<bool> {
        let role = Role::Anchor;
        Ok(self.store().has_role(app_id, wechat_id, role).await?)
    }
}
