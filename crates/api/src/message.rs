//! The words of every error code, in Chinese and English: what is wrong and what to do next.

use crate::language::Language;

/// The text for `code` in `language`. A code without its own text gets the general one.
pub(crate) fn message(code: &str, language: Language) -> &'static str {
    let found = TEXTS.iter().find(|(known, _, _)| *known == code);
    debug_assert!(found.is_some(), "the code {code} has no words");
    let (_, chinese, english) = found.unwrap_or(&TEXTS[0]);
    match language {
        Language::Chinese => chinese,
        Language::English => english,
    }
}

/// Code, Chinese, English. The first is the general one.
const TEXTS: &[(&str, &str, &str)] = &[
    (
        "internal",
        "服务异常，请稍后重试",
        "Something went wrong on the server. Try again shortly.",
    ),
    (
        "invalid",
        "部分内容填写有误，请按提示修改",
        "Some fields need a change. See the notes beside them.",
    ),
    (
        "bad_request",
        "请求格式有误，请刷新页面后重试",
        "The request could not be read. Reload the page and try again.",
    ),
    (
        "unsupported_media_type",
        "请求格式不支持，请使用 JSON",
        "Send the body as JSON (Content-Type: application/json).",
    ),
    (
        "body_too_large",
        "提交的内容过大，请精简后重试",
        "The request is too large. Send less.",
    ),
    (
        "body_timeout",
        "网络较慢，内容未能提交完整，请重试",
        "The request took too long to arrive. Try again.",
    ),
    (
        "not_found",
        "内容不存在",
        "There is nothing at this address.",
    ),
    (
        "method_not_allowed",
        "不支持该操作",
        "This address does not support that method.",
    ),
    ("not_signed_in", "请先登录", "Sign in first."),
    (
        "bad_credentials",
        "用户名或密码错误",
        "The name or the password is wrong.",
    ),
    (
        "too_many_tries",
        "尝试次数过多，请稍后再试",
        "Too many tries. Wait a little and try again.",
    ),
    (
        "csrf_mismatch",
        "页面已失效，请刷新后重试",
        "The page is out of date. Reload it and try again.",
    ),
    (
        "setup_closed",
        "初始化链接已失效",
        "This set-up link is not valid any more.",
    ),
    ("app_not_found", "小程序不存在", "There is no such app."),
    (
        "app_exists",
        "该 AppID 已存在",
        "An app with this id exists already.",
    ),
    ("room_not_found", "直播间不存在", "There is no such room."),
    (
        "code_unknown",
        "开播码无效，请向管理员索取新的开播链接",
        "This broadcast code is not valid. Ask for a new link.",
    ),
    (
        "verification_not_found",
        "认证链接无效",
        "This verification link is not valid.",
    ),
    ("anchor_not_found", "主播不存在", "There is no such anchor."),
    (
        "not_allowed_in_status",
        "直播间当前状态不支持该操作",
        "The room's status does not allow this.",
    ),
    (
        "editing_while_live",
        "直播进行中，不能编辑直播间",
        "A live room cannot be edited.",
    ),
    (
        "live_limit",
        "同时直播的直播间已达上限，请等其他直播结束后再试",
        "As many rooms are live as may be. Try again when one has ended.",
    ),
    (
        "room_limit",
        "今日创建的直播间已达上限，请明天再试",
        "Today's limit of new rooms is reached. Try again tomorrow.",
    ),
    (
        "customer_service_missing",
        "尚未配置客服，请先在“设置”中填写客服链接",
        "There is no customer service yet. Set its link in the settings first.",
    ),
    (
        "endpoint_not_found",
        "推送地址不存在",
        "There is no such endpoint.",
    ),
    (
        "delivery_not_found",
        "推送记录不存在",
        "There is no such delivery.",
    ),
    (
        "webhook_limit",
        "Webhook 数量已达上限，请先删除不用的",
        "There are as many webhooks as may be. Delete one first.",
    ),
    (
        "message_url_failed",
        "消息推送 URL 未通过验证，请检查地址与 Token",
        "The message URL did not pass the check. Look at its address and token.",
    ),
    (
        "pushed_today",
        "今天已有其他直播间推送过开播提醒",
        "Another room was pushed today.",
    ),
    (
        "token_invalid",
        "access_token 无效或已过期",
        "This access token is not valid, or not any more.",
    ),
    (
        "too_many_streams",
        "当前网络打开的页面过多，请关闭部分页面后重试",
        "Too many pages are open from this network. Close some and try again.",
    ),
    (
        "busy",
        "服务繁忙，请稍后重试",
        "The server is busy. Try again shortly.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_words_in_both_languages() {
        for (at, (code, chinese, english)) in TEXTS.iter().enumerate() {
            assert!(
                TEXTS[..at].iter().all(|(c, _, _)| c != code),
                "{code} twice"
            );
            assert!(!chinese.is_ascii(), "{code}");
            assert!(english.is_ascii(), "{code}");
        }
    }
}
