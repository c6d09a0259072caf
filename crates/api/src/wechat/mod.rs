//! The WeChat-compatible API: WeChat's paths, spellings and numbers over Kaibo's use cases, in a
//! tolerant and a strict profile (spec sections 2 to 6 and 12.1).

mod answer;
mod assistants;
mod door;
mod errcode;
mod form;
mod goods;
mod live_info;
mod media;
mod pass_through;
mod platform;
mod reason;
mod repeat;
mod request;
mod roles;
mod rooms;
mod share_codes;
mod shelf;
mod sub_anchors;
mod subscriptions;
mod switches;
mod token;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Uri;
use axum::response::Response;
use axum::routing::{MethodRouter, any};
use kaibo_app::Kaibo;
use kaibo_domain::id::AppId;
use kaibo_domain::quota::CallLimit;

use answer::Answer;
use door::Visit;
use errcode::Fault;
use request::Params;

/// Every route of the WeChat-compatible API; each other path under `/wxa`, `/wxaapi` and `/cgi-bin`
/// is handed on to WeChat itself, or 40066. It reads bodies itself, up to its own caps: mount it outside any
/// body limit below 16 MiB, or a caller who sends too much gets no answer it can read.
pub fn routes(kaibo: Kaibo) -> Router {
    let mut routes: Vec<_> = table()
        .into_iter()
        .map(|(path, route)| (path, route.handler))
        .collect();
    for unknown in [
        "wxa",
        "wxa/",
        "wxa/{*rest}",
        "wxaapi",
        "wxaapi/",
        "wxaapi/{*rest}",
        "cgi-bin",
        "cgi-bin/",
        "cgi-bin/{*rest}",
    ] {
        routes.push((unknown, any(pass_through::answer)));
    }
    let mut router = Router::new();
    for (path, handler) in routes {
        // A base URL that ends in a slash, put before a path that begins with one, gives two.
        router = router
            .route(&format!("//{path}"), handler.clone())
            .route(&format!("/{path}"), handler);
    }
    router.with_state(kaibo)
}

/// Every operation that is built, by its path.
fn table() -> Vec<(&'static str, Route)> {
    let mut table = vec![
        ("cgi-bin/token", token::plain_route()),
        ("cgi-bin/stable_token", token::stable_route()),
        ("cgi-bin/media/upload", media::upload_route()),
        ("cgi-bin/media/get", media::get_route()),
    ];
    table.extend(rooms::routes());
    table.extend(live_info::routes());
    table.extend(switches::routes());
    table.extend(platform::routes());
    table.extend(subscriptions::routes());
    table.extend(goods::routes());
    table.extend(shelf::routes());
    table.extend(share_codes::routes());
    table.extend(roles::routes());
    table.extend(assistants::routes());
    table.extend(sub_anchors::routes());
    table
}

/// Whether a request that no route takes is WeChat's, so that [`pass_on`] answers it and not a page.
pub fn is_meant(uri: &Uri) -> bool {
    pass_through::is_meant(uri.path(), uri.query().unwrap_or_default())
}

/// Hands a call on to WeChat itself, or answers 40066.
pub async fn pass_on(kaibo: State<Kaibo>, request: Request) -> Response {
    pass_through::answer(kaibo, request).await
}

/// How an operation wants to be called, and how often everybody may.
#[derive(Clone, Copy, Debug)]
struct Rule {
    op: &'static str,
    is_get: bool,
    /// A GET that some SDKs post.
    takes_post: bool,
    /// For apps that may use live alone.
    is_live: bool,
    limit: CallLimit,
}

impl Rule {
    /// `op` names the quota, `per_day` is its size for each app (spec section 5).
    const fn get(op: &'static str, per_day: u32) -> Self {
        let limit = CallLimit {
            per_day,
            per_minute: a_minutes_share(per_day),
        };
        Self {
            op,
            is_get: true,
            takes_post: false,
            is_live: true,
            limit,
        }
    }

    const fn post(op: &'static str, per_day: u32) -> Self {
        Self {
            is_get: false,
            ..Self::get(op, per_day)
        }
    }

    /// A GET that some SDKs send as POST (spec rule R6).
    const fn or_post(mut self) -> Self {
        self.takes_post = true;
        self
    }

    /// For every app, whether it may use live or not.
    const fn for_all(mut self) -> Self {
        self.is_live = false;
        self
    }

    /// Another size for a minute.
    const fn per_minute(mut self, per_minute: u32) -> Self {
        self.limit.per_minute = per_minute;
        self
    }
}

/// Nobody knows WeChat's limits for a minute but that of `stable_token`. These stop a loop that has
/// run wild, and no shop that imports its goods: of a small day four fifths, else a tenth, at least
/// 1 000 and at most 5 000.
const fn a_minutes_share(per_day: u32) -> u32 {
    match per_day {
        0..=1_000 => per_day / 5 * 4,
        1_001..=10_000 => 1_000,
        10_001..=50_000 => per_day / 10,
        _ => 5_000,
    }
}

/// An operation that is built, for quotas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Names its quota.
    pub op: &'static str,
    /// Its path; several paths may share a quota.
    pub path: &'static str,
    /// How often everybody may call it.
    pub limit: CallLimit,
}

/// Every operation that is built, tokens and images included.
pub fn operations() -> Vec<Operation> {
    let rules = table().into_iter().map(|(path, route)| Operation {
        op: route.rule.op,
        path,
        limit: route.rule.limit,
    });
    rules.collect()
}

/// What answers a path.
#[derive(Clone)]
struct Route {
    rule: Rule,
    handler: MethodRouter<Kaibo>,
}

/// A call that was let in.
struct Call {
    kaibo: Kaibo,
    app_id: AppId,
    params: Params,
}

/// Lets a call in by its rule, hands it to `handler`, and answers.
fn call<F, Fut>(rule: Rule, handler: F) -> Route
where
    F: Fn(Call) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Answer, Fault>> + Send + 'static,
{
    let handler = any(async move |State(kaibo): State<Kaibo>, request: Request| {
        let mut visit = Visit::begin(kaibo, rule, &request);
        match visit.read_call(request).await {
            Ok((call, None)) => {
                let outcome = handler(call).await;
                visit.answer(outcome)
            }
            Ok((call, Some(key))) => repeat::once(visit, call, key, handler).await,
            Err(fault) => visit.answer(Err(fault)),
        }
    });
    Route { rule, handler }
}
