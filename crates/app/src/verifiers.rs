//! A verifier outside, who is told what people submit of themselves and decides as the console does.
//! Each telling is noted as a look at the full number is.

use kaibo_domain::identity::SubmissionState;
use kaibo_domain::verdict::Verdict;
use kaibo_store::{Delivery, Endpoint, NewDelivery};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::ports::{CallError, ReviewCall, WebhookCall};
use crate::{Error, Kaibo, Result, secret};

/// Who decided, in the file of a person.
const ACTOR: &str = "verifier";
/// Why a verifier sees a full number.
const REASON: &str = "发送至认证服务审核";
/// What is told.
const KIND: &str = "verification.submitted";
/// Most submissions that are looked at in one go.
const MOST: i64 = 64;

/// What a delivery keeps: whose submission. What they said is sealed where it is, and read when it
/// is sent.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    wechat_id: String,
    submission_id: i64,
}

impl Kaibo {
    /// Makes deliveries of submissions that a verifier has not been told of.
    pub(crate) async fn spread_submissions(&self, endpoint: &Endpoint) -> Result<()> {
        let (app_id, seen) = (&endpoint.app_id, endpoint.seen);
        let open = self.store().open_submissions(app_id, seen, MOST).await?;
        let Some((newest, _)) = open.last() else {
            return Ok(());
        };
        let range = (seen, *newest);
        let deliveries = open.into_iter().map(|(id, wechat_id)| {
            let told = Told {
                wechat_id,
                submission_id: id,
            };
            NewDelivery {
                id: secret::random_hex::<16>(),
                lane: 0,
                place: id,
                kind: KIND.into(),
                body: serde_json::to_string(&told).expect("plain data is JSON"),
                due_at: None,
            }
        });
        let deliveries: Vec<_> = deliveries.collect();
        let spread = self
            .store()
            .spread(endpoint.id, app_id, range, &deliveries, self.now());
        spread.await?;
        Ok(())
    }

    /// Tells a verifier of a submission that is still open, and does what they say.
    pub(crate) async fn tell_verifier(
        &self,
        endpoint: &Endpoint,
        delivery: &Delivery,
    ) -> std::result::Result<(), CallError> {
        let told: Told = serde_json::from_str(&delivery.body).map_err(|_| CallError::Broken)?;
        let asked = self.ask_verifier(endpoint, delivery, &told).await;
        let verdict = match asked {
            Ok(Some(verdict)) => verdict?,
            // Decided meanwhile: nobody need see it any more.
            Ok(None) => return Ok(()),
            Err(error) => {
                tracing::error!(%error, "a submission cannot be sent to its verifier");
                return Err(CallError::Broken);
            }
        };
        let (app_id, wechat_id, id) = (&endpoint.app_id, &*told.wechat_id, told.submission_id);
        let decided = match verdict {
            Verdict::Pending => return Ok(()),
            Verdict::Approve => self.approve_submission(app_id, wechat_id, id, ACTOR).await,
            Verdict::Reject(why) => {
                let by = (ACTOR, why.reason.as_str());
                self.reject_submission(app_id, wechat_id, id, by).await
            }
        };
        match decided {
            Ok(_) => Ok(()),
            Err(Error::Refused(refusal)) => {
                tracing::warn!(%app_id, wechat_id, %refusal, "a verifier's verdict has no effect");
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "a verifier's verdict cannot be kept");
                Err(CallError::Broken)
            }
        }
    }

    async fn ask_verifier(
        &self,
        endpoint: &Endpoint,
        delivery: &Delivery,
        told: &Told,
    ) -> Result<Option<std::result::Result<Verdict, CallError>>> {
        let (app_id, wechat_id) = (&endpoint.app_id, told.wechat_id.as_str());
        let latest = self.store().submission(app_id, wechat_id).await?;
        let latest = latest.filter(|it| it.id == told.submission_id);
        let Some(open) = latest.filter(|it| it.state == SubmissionState::Open) else {
            return Ok(None);
        };
        let note = (ACTOR, REASON);
        let identity = self
            .store()
            .reveal_identity(app_id, wechat_id, open.id, note, self.now());
        let Some(identity) = identity.await? else {
            return Ok(None);
        };
        let at = self.now();
        let body = json!({
            "id": delivery.id, "type": KIND, "appid": app_id.as_str(), "at": at,
            "data": {
                "wechatId": wechat_id, "submissionId": open.id, "name": identity.name,
                "number": identity.number, "guardian": identity.guardian,
                "submittedAt": open.submitted_at,
            },
        });
        let call = WebhookCall {
            url: endpoint.url.clone(),
            secret: endpoint.secret.clone(),
            id: delivery.id.clone(),
            kind: KIND.into(),
            body: body.to_string(),
            at,
        };
        let asked = self.outbound().review(ReviewCall {
            call,
            is_personal: true,
        });
        Ok(Some(asked.await))
    }
}
