//! Somebody outside who decides: an app's reviewer of goods, and its verifier of anchors. Each is
//! an endpoint of its own kind, asked with a signature as webhooks have it ([why]).
//!
//! [why]: ../../../docs/why/webhooks.md

use kaibo_domain::UnixMs;
use kaibo_domain::endpoint::{EndpointRefusal, check_url};
use kaibo_domain::goods::{Goods, GoodsRefusal, Origin};
use kaibo_domain::id::AppId;
use kaibo_domain::refusal::Refusal;
use kaibo_domain::verdict::Verdict;
use kaibo_store::{Endpoint, EndpointKind, NewEndpoint};
use serde_json::json;

use crate::ports::{ReviewCall, WebhookCall};
use crate::{Error, Kaibo, Result, secret};

/// Of what somebody outside decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewerKind {
    /// Whether goods may be sold.
    Goods,
    /// Whether an anchor is who they say.
    Anchors,
}

impl ReviewerKind {
    fn endpoint(self) -> EndpointKind {
        match self {
            Self::Goods => EndpointKind::Reviewer,
            Self::Anchors => EndpointKind::Verifier,
        }
    }
}

/// Who decides; the secret is shown when they are set, and not again.
#[derive(Clone, Debug)]
pub struct Reviewer {
    /// The number among the endpoints.
    pub id: i64,
    /// Where.
    pub url: String,
    /// Since when.
    pub made_at: UnixMs,
    /// Nothing arrived since then.
    pub failing_since: Option<UnixMs>,
    /// Given up, until they are set again.
    pub disabled_at: Option<UnixMs>,
}

impl From<Endpoint> for Reviewer {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            id: endpoint.id,
            url: endpoint.url,
            made_at: endpoint.made_at,
            failing_since: endpoint.failing_since,
            disabled_at: endpoint.disabled_at,
        }
    }
}

impl Kaibo {
    /// Who decides for an app.
    pub async fn reviewer(&self, app_id: &AppId, kind: ReviewerKind) -> Result<Option<Reviewer>> {
        let found = self.reviewer_endpoint(app_id, kind).await?;
        Ok(found.map(Reviewer::from))
    }

    /// Sets who decides, with a new secret.
    pub async fn set_reviewer(
        &self,
        app_id: &AppId,
        kind: ReviewerKind,
        url: &str,
    ) -> Result<(Reviewer, String)> {
        let url = url.trim().to_owned();
        check_url(&url).map_err(Refusal::from)?;
        let secret = format!("whsec_{}", secret::random_text(32));
        let new = NewEndpoint {
            app_id: app_id.clone(),
            kind: kind.endpoint(),
            url,
            secret: secret.clone(),
            settings: "{}".into(),
        };
        match self.reviewer_endpoint(app_id, kind).await? {
            Some(there) => {
                self.store().change_endpoint(there.id, &new).await?;
                let enabled = self.store().enable_endpoint(app_id, there.id, self.now());
                enabled.await?;
            }
            None => {
                self.store().create_endpoint(&new, 1, self.now()).await?;
            }
        }
        let reviewer = self.reviewer(app_id, kind).await?;
        Ok((reviewer.ok_or_else(unknown)?, secret))
    }

    /// Takes the right to decide away.
    pub async fn drop_reviewer(&self, app_id: &AppId, kind: ReviewerKind) -> Result<()> {
        let there = self.reviewer(app_id, kind).await?.ok_or_else(unknown)?;
        self.drop_endpoint(app_id, there.id).await
    }

    /// Whether this is the secret of who decides.
    pub async fn is_reviewer(
        &self,
        app_id: &AppId,
        kind: ReviewerKind,
        shown: &str,
    ) -> Result<bool> {
        let found = self.reviewer_endpoint(app_id, kind).await?;
        Ok(found.is_some_and(|it| secret::equal(it.secret.as_bytes(), shown.as_bytes())))
    }

    pub(crate) async fn reviewer_endpoint(
        &self,
        app_id: &AppId,
        kind: ReviewerKind,
    ) -> Result<Option<Endpoint>> {
        let all = self.store().endpoints(app_id).await?.into_iter();
        let mut found = all.filter(|endpoint| endpoint.kind == kind.endpoint());
        Ok(found.next())
    }

    /// Hands goods that were just submitted to the app's reviewer and does what they say at once.
    /// Goods that the reviewer does not take are not submitted any more. No transaction is open
    /// while they are asked.
    pub(crate) async fn hand_to_reviewer(&self, goods: Goods, made: bool) -> Result<Goods> {
        let (app_id, id) = (goods.app_id.clone(), goods.id);
        let verdict = match self.ask_reviewer(&goods).await? {
            Ok(verdict) => verdict,
            Err(why) => {
                let withdrawn = self.withdraw_goods(&app_id, id, goods.audit_id, goods.origin);
                match withdrawn.await {
                    // Withdrawn or decided by a person meanwhile.
                    Ok(_) | Err(Error::Refused(_)) => {}
                    Err(error) => return Err(error),
                }
                tracing::warn!(app = %app_id, goods = id.0, why, "the reviewer takes no goods");
                return Err(GoodsRefusal::NotReviewed { made, why }.into());
            }
        };
        let Some(decision) = verdict.decision() else {
            return Ok(goods);
        };
        let decided = self.decide_submission(&app_id, id, goods.audit_id, decision);
        match decided.await {
            // A person was faster.
            Err(Error::Refused(_)) => Ok(goods),
            other => other,
        }
    }

    async fn ask_reviewer(&self, goods: &Goods) -> Result<std::result::Result<Verdict, String>> {
        let reviewer = self.reviewer_endpoint(&goods.app_id, ReviewerKind::Goods);
        let Some(reviewer) = reviewer.await? else {
            return Ok(Err("no reviewer of goods is set for this app".into()));
        };
        let draft = &goods.draft;
        let (price_fen, price2_fen) = draft.price.amounts();
        let data = json!({
            "goodsId": goods.id.0,
            "auditId": goods.audit_id.map(|id| id.0),
            "origin": match goods.origin { Origin::Api => "api", Origin::Console => "console" },
            "name": draft.name,
            "coverUrl": self.image_url(&draft.cover),
            "priceType": draft.price.kind(),
            "priceFen": price_fen,
            "price2Fen": price2_fen,
            "url": draft.url,
            "thirdPartyAppid": draft.third_party_appid,
        });
        let (id, at) = (secret::random_hex::<16>(), self.now());
        let body = json!({
            "id": id, "type": "goods.submitted", "appid": goods.app_id.as_str(), "at": at,
            "data": data,
        });
        let call = WebhookCall {
            url: reviewer.url,
            secret: reviewer.secret,
            id,
            kind: "goods.submitted".into(),
            body: body.to_string(),
            at,
        };
        let asked = self.outbound().review(ReviewCall {
            call,
            is_personal: false,
        });
        Ok(asked.await.map_err(|error| error.to_string()))
    }
}

fn unknown() -> Error {
    Refusal::from(EndpointRefusal::Unknown).into()
}
