//! Whether an app may use live: what is asked of it, what is known of it, and what is missing.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kaibo_app::Kaibo;
use kaibo_domain::admission::{
    Admission, Condition, Fact, FactKind, Judgement, Lack, Policy, Source, Thresholds,
};
use kaibo_domain::category::Category;
use kaibo_domain::id::AppId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::AppPath;
use crate::body::JsonBody;
use crate::error::{ApiError, ApiResult};
use crate::state::ApiState;

/// Most facts in one call.
const MOST_FACTS: usize = 500;
/// Highest value of a fact or threshold.
const MOST: i64 = 1_000_000_000_000;

/// Whether an app may use live, and why.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdmissionView {
    /// If not, WeChat's live calls answer 48001.
    admitted: bool,
    /// Shut by an operator, whatever the app fulfils.
    disabled: bool,
    policy: PolicyName,
    /// What is asked for under `custom`; else what `wechat` asks for.
    thresholds: ThresholdsForm,
    /// What the app says it sells, as an id of `categories`.
    #[schema(required, example = "food")]
    category: Option<String>,
    /// Every condition that is asked for; 1 to 3 must hold, and one of 4 to 6.
    conditions: Vec<ConditionView>,
    categories: Vec<CategoryView>,
}

/// What is asked of an app.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum PolicyName {
    /// Nothing.
    Open,
    /// WeChat's six conditions.
    Wechat,
    /// `thresholds`.
    Custom,
}

/// The size of each condition; null: it is not asked for.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
struct ThresholdsForm {
    /// 1: no natural person, and a category is declared.
    subject: bool,
    /// 2: so many days without a serious violation.
    violation_free_days: Option<i64>,
    /// 3: a payment within so many days.
    payment_days: Option<i64>,
    /// 4: more followers than this.
    followers_over: Option<i64>,
    /// 5: more users than this on each of seven days in a row, within the last 30.
    active_users_over: Option<i64>,
    /// 6: at least so much spent on ads within a year, in fen.
    ad_spend_fen: Option<i64>,
}

impl From<Thresholds> for ThresholdsForm {
    fn from(of: Thresholds) -> Self {
        Self {
            subject: of.subject,
            violation_free_days: of.violation_free_days,
            payment_days: of.payment_days,
            followers_over: of.followers_over,
            active_users_over: of.active_users_over,
            ad_spend_fen: of.ad_spend_fen,
        }
    }
}

impl ThresholdsForm {
    fn into_thresholds(self) -> ApiResult<Thresholds> {
        let numbers = [
            self.violation_free_days,
            self.payment_days,
            self.followers_over,
            self.active_users_over,
            self.ad_spend_fen,
        ];
        if numbers
            .into_iter()
            .flatten()
            .any(|n| !(0..=MOST).contains(&n))
        {
            return Err(ApiError::invalid("thresholds", "out_of_bounds"));
        }
        Ok(Thresholds {
            subject: self.subject,
            violation_free_days: self.violation_free_days,
            payment_days: self.payment_days,
            followers_over: self.followers_over,
            active_users_over: self.active_users_over,
            ad_spend_fen: self.ad_spend_fen,
        })
    }
}

/// How one condition stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ConditionView {
    /// 1 to 6, as in WeChat's rules.
    number: u8,
    /// `subject`, `violation`, `payment`, `followers`, `activeUsers`, `adSpend`.
    kind: FactKindName,
    /// It must hold by itself; of the others one is enough.
    must: bool,
    holds: bool,
    /// What is missing.
    #[schema(required)]
    lack: Option<LackView>,
    /// The fact that it was judged by.
    #[schema(required)]
    fact: Option<FactView>,
}

/// What is missing, and by how much.
#[derive(Serialize, ToSchema)]
struct LackView {
    /// `unknown`: nothing is known; `personal`: a natural person runs the app; `noCategory`: none
    /// is declared; `tooFew`: `by` more are needed; `tooOld`: by `by` days; `tooRecent`: it must be
    /// `by` days older; `countsFrom`: it counts from the day `from` on.
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<i64>,
    /// A day, as `2026-11-25`.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
}

/// What a fact is about.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum FactKindName {
    /// Who runs the app: 1 a company or the like, 0 a natural person.
    Subject,
    /// A serious violation on that day; 0 takes it back.
    Violation,
    /// Payments on that day, how many.
    Payment,
    /// Followers of the owner's official accounts.
    Followers,
    /// Users of the app on that day.
    ActiveUsers,
    /// Spent on ads in the year that ends on that day, in fen.
    AdSpend,
}

/// Who says so.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum SourceName {
    /// Somebody who runs this installation.
    #[default]
    Operator,
    /// The merchant's own system.
    Merchant,
}

/// One thing that is known of an app.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FactView {
    kind: FactKindName,
    /// The day it is about, as `2026-11-25`.
    date: String,
    value: i64,
    source: SourceName,
    /// When that was said.
    noted_at: i64,
}

/// What is to be known of an app.
#[derive(Deserialize, ToSchema)]
pub(crate) struct FactsForm {
    /// 1 to 500; another word about the same day takes the earlier's place.
    facts: Vec<FactForm>,
    /// Who says so.
    #[serde(default)]
    source: SourceName,
}

/// One fact.
#[derive(Deserialize, ToSchema)]
struct FactForm {
    kind: FactKindName,
    /// The day it is about, as `2026-11-25`: today or before.
    date: String,
    value: i64,
}

/// A category that an app may declare.
#[derive(Serialize, ToSchema)]
struct CategoryView {
    id: String,
    name: &'static str,
}

/// What is to be asked of an app.
#[derive(Deserialize, ToSchema)]
pub(crate) struct AdmissionForm {
    policy: PolicyName,
    /// Under `custom`.
    #[serde(default)]
    thresholds: ThresholdsForm,
    /// An id of `categories`.
    #[serde(default)]
    category: Option<String>,
    /// Shut, whatever the app fulfils.
    #[serde(default)]
    disabled: bool,
}

impl From<FactKind> for FactKindName {
    fn from(kind: FactKind) -> Self {
        match kind {
            FactKind::Subject => Self::Subject,
            FactKind::Violation => Self::Violation,
            FactKind::Payment => Self::Payment,
            FactKind::Followers => Self::Followers,
            FactKind::ActiveUsers => Self::ActiveUsers,
            FactKind::AdSpend => Self::AdSpend,
        }
    }
}

impl From<FactKindName> for FactKind {
    fn from(kind: FactKindName) -> Self {
        match kind {
            FactKindName::Subject => Self::Subject,
            FactKindName::Violation => Self::Violation,
            FactKindName::Payment => Self::Payment,
            FactKindName::Followers => Self::Followers,
            FactKindName::ActiveUsers => Self::ActiveUsers,
            FactKindName::AdSpend => Self::AdSpend,
        }
    }
}

impl From<Fact> for FactView {
    fn from(fact: Fact) -> Self {
        Self {
            kind: fact.kind.into(),
            date: fact.date.to_string(),
            value: fact.value,
            source: match fact.source {
                Source::Operator => SourceName::Operator,
                Source::Merchant => SourceName::Merchant,
            },
            noted_at: fact.noted_at,
        }
    }
}

impl From<Lack> for LackView {
    fn from(lack: Lack) -> Self {
        let (kind, by, from) = match lack {
            Lack::Unknown => ("unknown", None, None),
            Lack::Personal => ("personal", None, None),
            Lack::NoCategory => ("noCategory", None, None),
            Lack::TooFew(by) => ("tooFew", Some(by), None),
            Lack::TooOld(by) => ("tooOld", Some(by), None),
            Lack::TooRecent(by) => ("tooRecent", Some(by), None),
            Lack::CountsFrom(day) => ("countsFrom", None, Some(day.to_string())),
        };
        Self { kind, by, from }
    }
}

fn numbered(condition: Condition) -> (u8, FactKindName) {
    match condition {
        Condition::Subject => (1, FactKindName::Subject),
        Condition::Violation => (2, FactKindName::Violation),
        Condition::Payment => (3, FactKindName::Payment),
        Condition::Followers => (4, FactKindName::Followers),
        Condition::ActiveUsers => (5, FactKindName::ActiveUsers),
        Condition::AdSpend => (6, FactKindName::AdSpend),
    }
}

fn conditions(judgement: Judgement) -> Vec<ConditionView> {
    let each = judgement.conditions.into_iter().map(|standing| {
        let (number, kind) = numbered(standing.condition);
        ConditionView {
            number,
            kind,
            must: standing.condition.is_must(),
            holds: standing.lack.is_none(),
            lack: standing.lack.map(LackView::from),
            fact: standing.fact.map(FactView::from),
        }
    });
    each.collect()
}

async fn view(kaibo: &Kaibo, app_id: &AppId) -> ApiResult<AdmissionView> {
    let set = kaibo.admission(app_id).await?;
    let judgement = kaibo.judgement(app_id).await?;
    let (policy, thresholds) = match set.policy {
        Policy::Open => (PolicyName::Open, Thresholds::WECHAT),
        Policy::Wechat => (PolicyName::Wechat, Thresholds::WECHAT),
        Policy::Custom(thresholds) => (PolicyName::Custom, thresholds),
    };
    let categories = Category::ALL.map(|category| CategoryView {
        id: category.id().to_owned(),
        name: category.name(),
    });
    Ok(AdmissionView {
        admitted: judgement.admitted,
        disabled: set.disabled,
        policy,
        thresholds: thresholds.into(),
        category: set.category.map(|category| category.id().to_owned()),
        conditions: conditions(judgement),
        categories: categories.into(),
    })
}

/// Whether an app may use live
#[utoipa::path(
    get, path = "/apps/{appid}/admission", tag = "calls", operation_id = "getAdmission",
    params(("appid" = String, Path)),
    responses(
        (status = 200, body = AdmissionView),
        (status = 404, description = "`app_not_found`"),
    )
)]
pub(crate) async fn read(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
) -> ApiResult<Json<AdmissionView>> {
    Ok(Json(view(&api.kaibo, &app_id).await?))
}

/// Sets what is asked of an app
#[utoipa::path(
    put, path = "/apps/{appid}/admission", tag = "calls", operation_id = "setAdmission",
    params(("appid" = String, Path)), request_body = AdmissionForm,
    responses(
        (status = 200, body = AdmissionView),
        (status = 404, description = "`app_not_found`"),
        (status = 422, description = "`category`: `category_unknown`; \
            `thresholds`: `out_of_bounds`"),
    )
)]
pub(crate) async fn set(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    JsonBody(form): JsonBody<AdmissionForm>,
) -> ApiResult<Json<AdmissionView>> {
    let category = form.category.filter(|id| !id.is_empty());
    let category = category.map(|id| {
        let found = Category::ALL.into_iter().find(|known| known.id() == id);
        found.ok_or_else(|| ApiError::invalid("category", "category_unknown"))
    });
    let policy = match form.policy {
        PolicyName::Open => Policy::Open,
        PolicyName::Wechat => Policy::Wechat,
        PolicyName::Custom => Policy::Custom(form.thresholds.into_thresholds()?),
    };
    let set = Admission {
        policy,
        category: category.transpose()?,
        disabled: form.disabled,
    };
    api.kaibo.set_admission(&app_id, &set).await?;
    Ok(Json(view(&api.kaibo, &app_id).await?))
}

/// What is known of an app, the newest day first
#[utoipa::path(
    get, path = "/apps/{appid}/admission/facts", tag = "calls", operation_id = "listFacts",
    params(("appid" = String, Path)),
    responses((status = 200, body = [FactView]), (status = 404, description = "`app_not_found`"))
)]
pub(crate) async fn facts(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
) -> ApiResult<Json<Vec<FactView>>> {
    let facts = api.kaibo.facts(&app_id).await?;
    Ok(Json(facts.into_iter().rev().map(FactView::from).collect()))
}

/// Adds what is known of an app
///
/// Statistics (payments, followers, users, ads) count from the day after the one they are about.
#[utoipa::path(
    post, path = "/apps/{appid}/admission/facts", tag = "calls", operation_id = "addFacts",
    params(("appid" = String, Path)), request_body = FactsForm,
    responses(
        (status = 200, body = AdmissionView),
        (status = 404, description = "`app_not_found`"),
        (status = 422, description = "`facts`: `required`, `too_many`; `date`: `date_invalid`; \
            `value`: `out_of_bounds`"),
    )
)]
pub(crate) async fn add_facts(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    JsonBody(form): JsonBody<FactsForm>,
) -> ApiResult<Json<AdmissionView>> {
    if form.facts.is_empty() {
        return Err(ApiError::invalid("facts", "required"));
    }
    if form.facts.len() > MOST_FACTS {
        return Err(ApiError::invalid("facts", "too_many"));
    }
    let kaibo = &api.kaibo;
    let (today, noted_at) = (kaibo.today(), kaibo.now());
    let source = match form.source {
        SourceName::Operator => Source::Operator,
        SourceName::Merchant => Source::Merchant,
    };
    let facts = form.facts.into_iter().map(|fact| {
        let date = fact.date.trim().parse().ok().filter(|date| *date <= today);
        if !(0..=MOST).contains(&fact.value) {
            return Err(ApiError::invalid("value", "out_of_bounds"));
        }
        Ok(Fact {
            kind: fact.kind.into(),
            date: date.ok_or_else(|| ApiError::invalid("date", "date_invalid"))?,
            value: fact.value,
            source,
            noted_at,
        })
    });
    let facts: Vec<Fact> = facts.collect::<ApiResult<_>>()?;
    kaibo.add_facts(&app_id, &facts).await?;
    Ok(Json(view(kaibo, &app_id).await?))
}
