//! The true reason behind a refusal, in plain words: WeChat's numbers and texts often name another.

use kaibo_app::WechatFault;
use kaibo_domain::refusal::Refusal;

use super::errcode::{CallFault, Fault, NotPassed};

/// Longest piece of a caller's own text that is repeated.
const MAX_QUOTED: usize = 80;

/// Why, for the header and the log; `None` where the answer itself says it all, or where the
/// reason is nobody's business.
pub(super) fn of(fault: &Fault) -> Option<String> {
    Some(match fault {
        Fault::Call(CallFault::NeedsHttps) => {
            "transport: the call came over http; behind a proxy, list it in api.proxies and let \
             it set X-Forwarded-Proto"
                .to_owned()
        }
        Fault::Call(CallFault::AddressNotAllowed(address)) => {
            format!("address: {address} is not among those that the app may call from")
        }
        Fault::Call(CallFault::NotAdmitted) => {
            "admission: the app may not use live; /v1/apps/{appid}/admission says what is missing"
                .to_owned()
        }
        Fault::Call(CallFault::KeyRunning) => {
            "repeat: the call with this Idempotency-Key is being done; try again".to_owned()
        }
        Fault::Call(CallFault::Missing(key)) => format!("field: {key} is missing"),
        Fault::Call(CallFault::Invalid(key)) => {
            format!("field: {key} is of the wrong kind or out of its range")
        }
        Fault::Call(CallFault::NeedsGet | CallFault::NeedsPost) => {
            "method: the operation wants another HTTP method".to_owned()
        }
        Fault::Call(CallFault::UrlUnknown(why)) => not_passed(*why).to_owned(),
        Fault::Wechat(fault) => of_wechat(fault),
        Fault::Refused(Refusal::Fields(broken)) => {
            let each = broken.iter().map(|b| format!("{:?} {:?}", b.field, b.rule));
            format!("fields: {}", each.collect::<Vec<_>>().join(", "))
        }
        Fault::Refused(refusal) => format!("rule: {refusal}"),
        Fault::NotDeleted(refusal) => format!("rule: {refusal}"),
        Fault::AnchorUnverified { .. } | Fault::RoleUnverified { .. } => {
            "rule: the anchor is not verified yet".to_owned()
        }
        _ => return None,
    })
}

fn not_passed(why: NotPassed) -> &'static str {
    match why {
        NotPassed::Path => "pass-through: this is no path of WeChat's API",
        NotPassed::Live => {
            "pass-through: live is answered by Kaibo alone, and this path is unknown"
        }
        NotPassed::Own => {
            "pass-through: Kaibo answers this path, written in small letters and alone"
        }
        NotPassed::Method => "pass-through: WeChat's API has no such method",
        NotPassed::NoToken => {
            "pass-through: Kaibo does not answer this path; with an access_token in the query it \
             would be handed on to WeChat"
        }
    }
}

fn of_wechat(fault: &WechatFault) -> String {
    let text = match fault {
        WechatFault::NoAccount(_) => {
            "pass-through: Kaibo does not answer this path; to have it handed on to WeChat, set \
             the mini program's AppID and AppSecret in the console, or by `kaibo app wechat set`"
                .to_owned()
        }
        fault => format!("pass-through: {fault}"),
    };
    // A header holds nothing else.
    let plain = |c: char| if c.is_ascii() { c } else { '?' };
    text.chars().map(plain).collect()
}

/// The body's Content-Type is not JSON's.
pub(super) fn unread_body(mime: &str) -> String {
    let mime: String = mime.chars().take(MAX_QUOTED).collect();
    let came = if mime.is_empty() {
        "without a Content-Type".to_owned()
    } else {
        format!("as {mime}")
    };
    format!(
        "content-type: the body came {came}; WeChat reads application/json alone, so every field \
         looks absent"
    )
}

/// The body is a form where only JSON is read.
pub(super) fn form_body() -> String {
    "body: it is a form; WeChat reads JSON alone here".to_owned()
}
