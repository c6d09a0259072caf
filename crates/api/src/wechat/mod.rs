//! The WeChat-compatible API: WeChat's paths, spellings and numbers over Kaibo's use cases, in a
//! tolerant and a strict profile (spec sections 2 to 6 and 12.1).

mod answer;
mod door;
mod errcode;
mod form;
mod live_info;
mod media;
mod reason;
mod request;
mod rooms;
mod token;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{MethodRouter, any};
use kaibo_app::Kaibo;
use kaibo_domain::id::AppId;

use answer::{Answer, respond};
use door::Visit;
use errcode::{CallFault, Fault};
use request::Params;

/// Every route of the WeChat-compatible API, and 40066 for each other path under `/wxa`,
/// `/wxaapi` and `/cgi-bin`. It reads bodies itself, up to its own caps: mount it outside any
/// body limit below 16 MiB, or a caller who sends too much gets no answer it can read.
pub fn routes(kaibo: Kaibo) -> Router {
    let mut routes = vec![
        ("cgi-bin/token", any(token::token)),
        ("cgi-bin/stable_token", any(token::stable_token)),
        ("cgi-bin/media/upload", any(media::upload)),
        ("cgi-bin/media/get", any(media::get)),
        (
            "wxaapi/broadcast/room/create",
            call(Rule::post("room/create", 10_000), rooms::create),
        ),
        (
            "wxaapi/broadcast/room/editroom",
            call(Rule::post("room/editroom", 10_000), rooms::edit),
        ),
        (
            "wxaapi/broadcast/room/deleteroom",
            call(Rule::post("room/deleteroom", 10_000), rooms::delete),
        ),
        (
            "wxaapi/broadcast/room/getpushurl",
            call(Rule::get("room/getpushurl", 10_000), rooms::push_url),
        ),
        (
            "wxa/business/getliveinfo",
            call(Rule::post("getliveinfo", 100_000), live_info::list),
        ),
    ];
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
        routes.push((unknown, any(unknown_url)));
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

/// Whether an unrouted path is WeChat's, so that [`unknown_url`] answers it and not a page.
pub fn owns(path: &str) -> bool {
    let path = path.trim_start_matches('/');
    path.starts_with("wxa") || path.starts_with("cgi-bin")
}

/// 40066: no such path.
pub async fn unknown_url(State(kaibo): State<Kaibo>) -> Response {
    respond(kaibo.now(), Err(CallFault::UrlUnknown.into()))
}

/// How an operation wants to be called.
#[derive(Clone, Copy)]
struct Rule {
    op: &'static str,
    is_get: bool,
    takes_post: bool,
    per_day: u32,
}

impl Rule {
    /// `op` names the quota, `per_day` is its size for each app (spec section 5).
    const fn get(op: &'static str, per_day: u32) -> Self {
        Self {
            op,
            is_get: true,
            takes_post: false,
            per_day,
        }
    }

    const fn post(op: &'static str, per_day: u32) -> Self {
        Self {
            is_get: false,
            ..Self::get(op, per_day)
        }
    }
}

/// A call that was let in.
struct Call {
    kaibo: Kaibo,
    app_id: AppId,
    params: Params,
}

/// Lets a call in by its rule, hands it to `handler`, and answers.
fn call<F, Fut>(rule: Rule, handler: F) -> MethodRouter<Kaibo>
where
    F: Fn(Call) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Answer, Fault>> + Send,
{
    any(async move |State(kaibo): State<Kaibo>, request: Request| {
        let mut visit = Visit::begin(kaibo, rule, &request);
        let outcome = match visit.read_call(request).await {
            Ok(call) => handler(call).await,
            Err(fault) => Err(fault),
        };
        visit.answer(outcome)
    })
}
