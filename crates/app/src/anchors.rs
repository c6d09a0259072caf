//! Anchors: who may broadcast, and how they become known.

use kaibo_domain::anchor::{self, RECHECK_MS, Verification};
use kaibo_domain::id::AppId;
use kaibo_domain::person::PersonRefusal;
use kaibo_domain::refusal::Refusal;
use kaibo_domain::role::Role;
use kaibo_store::Anchor;

use crate::settings::VerificationPolicy;
use crate::{Kaibo, Result, secret};

/// What the verification page shows to whoever holds its link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationView {
    /// Name of the app that asks.
    pub app_name: String,
    /// The WeChat id with its middle hidden.
    pub wechat_id_masked: String,
    /// Done.
    pub verified: bool,
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

    /// An app's anchors, those that wait first.
    pub async fn anchors(&self, app_id: &AppId) -> Result<Vec<Anchor>> {
        let mut anchors = self.store().anchors(app_id).await?;
        anchors.sort_by_key(|a| (a.state == Verification::Verified, -a.requested_at));
        Ok(anchors)
    }

    /// What the page behind a verification link shows; `None` for an unknown link.
    pub async fn verification(&self, token: &str) -> Result<Option<VerificationView>> {
        let Some(anchor) = self.store().anchor_by_token(token).await? else {
            return Ok(None);
        };
        let app_name = self.app_name(&anchor.app_id).await?.unwrap_or_default();
        Ok(Some(VerificationView {
            app_name,
            wechat_id_masked: anchor::masked(&anchor.wechat_id),
            verified: anchor.state == Verification::Verified,
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

    /// Opens a verification, if none is open; the token that opens its page.
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
