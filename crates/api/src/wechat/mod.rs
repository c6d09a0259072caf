//! The WeChat-compatible API: WeChat's paths, spellings and numbers over Kaibo's use cases, in the
//! tolerant profile (spec sections 2 to 6 and 12.1).

mod answer;
mod assistants;
mod errcode;
mod form;
mod goods;
mod live_info;
mod media;
mod platform;
mod request;
mod roles;
mod rooms;
mod shelf;
mod sub_anchors;
mod subscriptions;
mod switches;
mod token;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::Response;
use axum::routing::{MethodRouter, any};
use kaibo_app::{Kaibo, TokenRefusal};
use kaibo_domain::id::AppId;

use answer::{Answer, respond};
use errcode::{CallFault, Fault};
use request::{MAX_BODY_BYTES, Params, read_body};

/// A path without its slash, and who answers there.
type Route = (&'static str, MethodRouter<Kaibo>);

/// Every route of the WeChat-compatible API, and 40066 for each other path under `/wxa`,
/// `/wxaapi` and `/cgi-bin`. It reads bodies itself, up to its own caps: mount it outside any
/// body limit below 16 MiB, or a caller who sends too much gets no answer it can read.
pub fn routes(kaibo: Kaibo) -> Router {
    let mut routes: Vec<Route> = vec![
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
    routes.extend(switches::routes());
    routes.extend(platform::routes());
    routes.extend(subscriptions::routes());
    routes.extend(goods_routes());
    routes.extend(shelf_routes());
    routes.extend(people_routes());
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

/// An app's library.
fn goods_routes() -> [(&'static str, MethodRouter<Kaibo>); 10] {
    // One quota under either of its paths (spec rule R6).
    let warehouse = call(Rule::post("getgoodswarehouse", 1_000), goods::warehouse);
    [
        (
            "wxaapi/broadcast/goods/add",
            call(Rule::post("goods/add", 500), goods::add),
        ),
        (
            "wxaapi/broadcast/goods/resetaudit",
            call(Rule::post("goods/resetaudit", 500), goods::withdraw),
        ),
        (
            "wxaapi/broadcast/goods/audit",
            call(Rule::post("goods/audit", 500), goods::submit),
        ),
        (
            "wxaapi/broadcast/goods/delete",
            call(Rule::post("goods/delete", 1_000), goods::delete),
        ),
        (
            "wxaapi/broadcast/goods/update",
            call(Rule::post("goods/update", 1_000), goods::update),
        ),
        ("wxa/business/getgoodswarehouse", warehouse.clone()),
        ("wxaapi/broadcast/getgoodswarehouse", warehouse),
        (
            "wxaapi/broadcast/goods/getapproved",
            call(
                Rule::get("goods/getapproved", 10_000).or_post(),
                goods::list,
            ),
        ),
        (
            "wxaapi/broadcast/goods/setkey",
            call(Rule::post("goods/setkey", 500), goods::set_key),
        ),
        (
            "wxaapi/broadcast/goods/getkey",
            call(Rule::get("goods/getkey", 500), goods::key),
        ),
    ]
}

/// A room's shelf.
fn shelf_routes() -> [(&'static str, MethodRouter<Kaibo>); 6] {
    const DAILY: u32 = 10_000;
    [
        (
            "wxaapi/broadcast/room/addgoods",
            call(Rule::post("room/addgoods", DAILY), shelf::import),
        ),
        (
            "wxaapi/broadcast/goods/onsale",
            call(Rule::post("goods/onsale", DAILY), shelf::on_sale),
        ),
        (
            "wxaapi/broadcast/goods/deleteInRoom",
            call(Rule::post("goods/deleteInRoom", DAILY), shelf::remove),
        ),
        (
            "wxaapi/broadcast/goods/push",
            call(Rule::post("goods/push", DAILY), shelf::push),
        ),
        (
            "wxaapi/broadcast/goods/sort",
            call(Rule::post("goods/sort", DAILY), shelf::sort),
        ),
        (
            "wxaapi/broadcast/goods/getVideo",
            call(Rule::post("goods/getVideo", DAILY), shelf::talk_video),
        ),
    ]
}

/// Roles, and a room's helpers.
fn people_routes() -> [(&'static str, MethodRouter<Kaibo>); 11] {
    const DAILY: u32 = 10_000;
    [
        (
            "wxaapi/broadcast/room/addassistant",
            call(Rule::post("room/addassistant", DAILY), assistants::add),
        ),
        (
            "wxaapi/broadcast/room/modifyassistant",
            call(
                Rule::post("room/modifyassistant", DAILY),
                assistants::modify,
            ),
        ),
        (
            "wxaapi/broadcast/room/removeassistant",
            call(
                Rule::post("room/removeassistant", DAILY),
                assistants::remove,
            ),
        ),
        (
            "wxaapi/broadcast/room/getassistantlist",
            call(Rule::get("room/getassistantlist", DAILY), assistants::list),
        ),
        (
            "wxaapi/broadcast/room/addsubanchor",
            call(Rule::post("room/addsubanchor", DAILY), sub_anchors::add),
        ),
        (
            "wxaapi/broadcast/room/modifysubanchor",
            call(
                Rule::post("room/modifysubanchor", DAILY),
                sub_anchors::modify,
            ),
        ),
        (
            "wxaapi/broadcast/room/deletesubanchor",
            call(
                Rule::post("room/deletesubanchor", DAILY),
                sub_anchors::delete,
            ),
        ),
        (
            "wxaapi/broadcast/room/getsubanchor",
            call(Rule::get("room/getsubanchor", DAILY), sub_anchors::get),
        ),
        (
            "wxaapi/broadcast/role/addrole",
            call(Rule::post("role/addrole", DAILY), roles::add),
        ),
        (
            "wxaapi/broadcast/role/deleterole",
            call(Rule::post("role/deleterole", DAILY), roles::delete),
        ),
        (
            "wxaapi/broadcast/role/getrolelist",
            call(Rule::get("role/getrolelist", DAILY).or_post(), roles::list),
        ),
    ]
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
    /// A GET that some SDK posts.
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
            op,
            is_get: false,
            takes_post: false,
            per_day,
        }
    }

    /// A GET that some SDKs send as POST (spec rule R6).
    const fn or_post(self) -> Self {
        Self {
            takes_post: true,
            ..self
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
        let outcome = match read_call(&kaibo, rule, request).await {
            Ok(call) => handler(call).await,
            Err(fault) => Err(fault),
        };
        respond(kaibo.now(), outcome)
    })
}

async fn read_call(kaibo: &Kaibo, rule: Rule, request: Request) -> Result<Call, Fault> {
    let query = Params::from_query(request.uri().query().unwrap_or_default())?;
    let app_id = let_in(kaibo, rule, request.method(), &query).await?;
    let body = read_body(request.into_body(), MAX_BODY_BYTES).await?;
    let body = Params::from_body(&body.ok_or(CallFault::BodyTooLarge)?);
    let params = match body {
        // WeChat's documents list the parameters of a GET as its body; every SDK sends a query.
        Ok(body) if rule.is_get => query.or(body),
        Err(_) if rule.is_get => query,
        body => body?,
    };
    Ok(Call {
        kaibo: kaibo.clone(),
        app_id,
        params,
    })
}

/// Token, method, quota, in this order.
async fn let_in(
    kaibo: &Kaibo,
    rule: Rule,
    method: &Method,
    query: &Params,
) -> Result<AppId, Fault> {
    let token = query.text("access_token")?.ok_or(CallFault::TokenMissing)?;
    let app_id = match kaibo.authenticate(&token).await? {
        Ok(app_id) => app_id,
        Err(TokenRefusal::Malformed) if may_be_a_token(&token) => {
            return Err(Fault::Token(TokenRefusal::Unknown));
        }
        Err(refusal) => return Err(Fault::Token(refusal)),
    };
    match (rule.is_get, method) {
        (true, &Method::GET | &Method::HEAD) | (false, &Method::POST) => {}
        (true, &Method::POST) if rule.takes_post => {}
        (true, _) => return Err(CallFault::NeedsGet.into()),
        (false, _) => return Err(CallFault::NeedsPost.into()),
    }
    if !kaibo.count_call(&app_id, rule.op, rule.per_day).await? {
        return Err(CallFault::DailyQuota.into());
    }
    Ok(app_id)
}

/// A token that somebody else made, such as WeChat's own: it must get 40001, on which every SDK
/// buys a new one, while some do not on 40014.
fn may_be_a_token(token: &str) -> bool {
    (4..=512).contains(&token.len())
        && token
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
