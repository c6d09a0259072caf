//! A path that Kaibo does not answer itself goes to WeChat's own API, with the real access token in
//! the place of ours ([why]).
//!
//! [why]: ../../../../docs/why/pass-through.md

use std::sync::LazyLock;

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use kaibo_app::ports::{WechatAnswer, WechatRequest};
use kaibo_app::{Kaibo, WechatFault};
use kaibo_domain::id::AppId;
use kaibo_domain::quota::CallLimit;
use kaibo_domain::wechat::ApiPath;

use super::answer::Told;
use super::door::{Visit, content_type};
use super::errcode::{CallFault, Fault, NotPassed};
use super::request::{Params, read_body};
use super::{Rule, form, table};

/// The day's quotas are WeChat's own; this stops a loop that has run wild.
const RULE: Rule = Rule {
    op: "pass-through",
    is_get: false,
    takes_post: true,
    is_live: false,
    limit: CallLimit {
        per_day: u32::MAX,
        per_minute: 5_000,
    },
};
/// Largest body that is handed on.
const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;
/// Takes AppID and AppSecret in its query in the place of a token.
const CODE_TO_SESSION: &str = "sns/jscode2session";
/// Live is Kaibo's alone: WeChat would answer for rooms and goods that are not these.
const LIVE: &str = "wxaapi/broadcast";

/// Paths that Kaibo answers itself.
static OWN: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| table().into_iter().map(|(path, _)| path).collect());

/// Whether a request that no route takes is meant for WeChat.
pub(super) fn is_meant(path: &str, query: &str) -> bool {
    let path = path.trim_start_matches('/');
    let is_wechats = ["wxa", "cgi-bin", "sns/"]
        .iter()
        .any(|p| path.starts_with(p));
    is_wechats || names(query).any(|name| name == "access_token")
}

/// Hands a call on.
pub(super) async fn answer(State(kaibo): State<Kaibo>, request: Request) -> Response {
    let mut visit = Visit::begin(kaibo, RULE, &request);
    match pass(&mut visit, request).await {
        Ok(answer) => {
            let code = answer.code.and_then(|code| i32::try_from(code).ok());
            let told = Told::of(visit.kaibo.now(), response(answer));
            visit.close(Told {
                code: code.unwrap_or(told.code),
                ..told
            })
        }
        Err(fault) => visit.answer(Err(fault)),
    }
}

async fn pass(visit: &mut Visit, request: Request) -> Result<WechatAnswer, Fault> {
    let path = path_of(&request)?;
    let raw_query = request.uri().query().unwrap_or_default();
    let query = Params::from_query(raw_query)?;
    let by_secret = path.as_str() == CODE_TO_SESSION;
    let app_id = if by_secret {
        let app_id = owner(visit, &query).await?;
        visit.welcome(&app_id).await?;
        app_id
    } else {
        if query.text("access_token")?.is_none() {
            return Err(NotPassed::NoToken.into());
        }
        visit.known(&query).await?
    };
    visit.count(&app_id).await?;
    let query = without_credentials(raw_query, by_secret);
    let method = request.method().to_string();
    let mime = content_type(request.headers());
    let body = read_body(request.into_body(), MAX_BODY_BYTES).await?;
    let request = WechatRequest {
        method,
        path,
        query,
        content_type: Some(mime).filter(|mime| !mime.is_empty()),
        body: body.ok_or(CallFault::BodyTooLarge)?,
    };
    let answered = ask(&visit.kaibo, &app_id, request, by_secret).await?;
    Ok(answered.map_err(Box::new)?)
}

/// Where to, if that is not ours and nothing but a path.
fn path_of(request: &Request) -> Result<ApiPath, NotPassed> {
    let path = ApiPath::new(request.uri().path()).ok_or(NotPassed::Path)?;
    if path.is_under(LIVE) {
        return Err(NotPassed::Live);
    }
    // Another case of it, or with something behind it.
    if OWN.iter().any(|own| path.is_under(own)) {
        return Err(NotPassed::Own);
    }
    match *request.method() {
        Method::GET
        | Method::HEAD
        | Method::POST
        | Method::PUT
        | Method::PATCH
        | Method::DELETE => Ok(path),
        _ => Err(NotPassed::Method),
    }
}

/// The app whose appid and secret stand in the query.
async fn owner(visit: &Visit, query: &Params) -> Result<AppId, Fault> {
    let appid = query.text("appid")?.ok_or(CallFault::AppIdMissing)?;
    let secret = query.text("secret")?.ok_or(CallFault::SecretMissing)?;
    let owner = visit.kaibo.app_of_secret(&appid, &secret).await?;
    owner.map_err(Fault::Credential)
}

async fn ask(
    kaibo: &Kaibo,
    app_id: &AppId,
    request: WechatRequest,
    by_secret: bool,
) -> kaibo_app::Result<Result<WechatAnswer, WechatFault>> {
    if by_secret {
        kaibo.call_wechat_with_secret(app_id, request).await
    } else {
        kaibo.call_wechat(app_id, request).await
    }
}

/// The query as it came, but for what opens Kaibo's door.
fn without_credentials(query: &str, by_secret: bool) -> String {
    let is_credential = |name: &str| match name {
        "access_token" => true,
        "appid" | "secret" => by_secret,
        _ => false,
    };
    let pairs = query.split('&').zip(names(query));
    let kept = pairs.filter(|(pair, name)| !pair.is_empty() && !is_credential(name));
    let kept: Vec<&str> = kept.map(|(pair, _)| pair).collect();
    kept.join("&")
}

/// The names in a query, one for each pair.
fn names(query: &str) -> impl Iterator<Item = String> {
    query.split('&').map(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        form::decode(name.as_bytes()).unwrap_or_default()
    })
}

/// WeChat's answer: status, type and body. It stands at our address, so no browser runs it.
fn response(answer: WechatAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = (status, answer.body).into_response();
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    let mut put = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    if let Some(mime) = &answer.content_type {
        put(CONTENT_TYPE, mime);
    }
    if let Some(disposition) = &answer.disposition {
        put(CONTENT_DISPOSITION, disposition);
    }
    put(CACHE_CONTROL, "no-store");
    put(CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_loses_nothing_but_what_opens_our_door() {
        let strip = |query| without_credentials(query, false);
        assert_eq!(strip("access_token=t&a=%E5%BC%80&b"), "a=%E5%BC%80&b");
        assert_eq!(strip("a=1&access%5Ftoken=t&&secret=s"), "a=1&secret=s");
        assert_eq!(strip("access_token=t"), "");
        let query = "appid=wx&secret=s&js_code=c&grant_type=authorization_code";
        let wanted = "js_code=c&grant_type=authorization_code";
        assert_eq!(without_credentials(query, true), wanted);
    }

    #[test]
    fn what_is_meant_for_wechat_has_its_path_or_a_token() {
        for path in ["/wxa/x", "//cgi-bin/x", "/wxaapi/x", "/sns/jscode2session"] {
            assert!(is_meant(path, ""), "{path}");
        }
        assert!(is_meant(
            "/datacube/getweanalysisappiddailyvisittrend",
            "access_token=t"
        ));
        assert!(!is_meant("/datacube/x", "token=t"));
        assert!(!is_meant("/favicon.ico", ""));
    }
}
