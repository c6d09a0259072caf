//! The words of every error code, in Chinese and English: what is wrong and what to do next.

mod users;

use crate::language::Language;

/// The text for `code` in `language`. A code without its own text gets the general one.
pub(crate) fn message(code: &str, language: Language) -> &'static str {
    let all = TEXTS.iter().chain(users::TEXTS);
    let found = all.into_iter().find(|(known, _, _)| *known == code);
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
        "token_unknown",
        "access_token 无效或已过期",
        "The access token is not valid, or not any more.",
    ),
    (
        "repeat_key_taken",
        "该 Idempotency-Key 已用于另一次请求，请换一个",
        "This Idempotency-Key was used for another request. Take a new one.",
    ),
    (
        "repeat_running",
        "相同的请求正在处理，请稍后重试",
        "The same request is being carried out. Try again shortly.",
    ),
    (
        "repeat_cut_off",
        "上一次相同的请求中途中断，请先确认是否已生效，再换一个 Idempotency-Key 重试",
        "The same request was cut off before. See whether it took effect, then use a new key.",
    ),
    (
        "quota_used_up",
        "调用次数已达上限，请稍后再试",
        "The calls allowed are used up. Try again later.",
    ),
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
    ("goods_not_found", "商品不存在", "There are no such goods."),
    (
        "goods_made_elsewhere",
        "通过接口添加的商品只能通过接口修改，在后台添加的商品只能在后台修改",
        "Goods that were added through the API are changed there, those of the console here.",
    ),
    (
        "goods_in_audit",
        "商品审核中，请等待审核结果或先撤回审核",
        "The goods are in audit. Wait for the result or withdraw them first.",
    ),
    (
        "goods_only_price",
        "商品已通过审核，仅可修改价格",
        "The goods are approved. Only their price can change.",
    ),
    (
        "goods_not_submittable",
        "商品审核中或已通过审核，无需重复提交",
        "The goods are in audit or approved. There is nothing to submit.",
    ),
    (
        "goods_not_in_audit",
        "商品不在审核中，请刷新后查看最新状态",
        "The goods are not in audit. Reload to see where they stand.",
    ),
    (
        "submission_limit",
        "今日提交审核的次数已用完，请明日再试",
        "Today's submissions are used up. Try again tomorrow.",
    ),
    (
        "goods_limit",
        "商品库已满，请删除不再使用的商品后重试",
        "The library is full. Delete goods that are not used any more.",
    ),
    (
        "goods_disabled",
        "该小程序的商品功能已被停用，请联系平台管理员",
        "Goods are switched off for this app. Ask whoever runs the platform.",
    ),
    (
        "goods_not_on_shelf",
        "该商品不在直播间货架上",
        "The goods are not on this room's shelf.",
    ),
    (
        "goods_not_approved",
        "商品未通过审核，不能上架",
        "Goods must be approved before they go on a shelf.",
    ),
    (
        "shelf_full",
        "直播间货架已满，请移除部分商品后重试",
        "The shelf is full. Take some goods away first.",
    ),
    (
        "push_under_way",
        "正在推送商品，请稍后再试",
        "A card is being shown. Try again in a few seconds.",
    ),
    (
        "goods_off_sale",
        "商品已下架，请先上架再推送",
        "The goods are off sale. Put them on sale first.",
    ),
    (
        "nothing_explained",
        "当前没有正在讲解的商品",
        "Nothing is being explained.",
    ),
    (
        "goods_name_too_short",
        "商品名称至少 3 个汉字（6 个字符）",
        "At least 3 Chinese characters (6 Latin ones).",
    ),
    (
        "goods_name_too_long",
        "商品名称最多 14 个汉字（28 个字符）",
        "At most 14 Chinese characters (28 Latin ones).",
    ),
    ("text_too_long", "内容过长，请精简", "This is too long."),
    (
        "text_bad_characters",
        "含有不支持的字符，请修改",
        "There are characters that cannot be used here.",
    ),
    (
        "text_forbidden",
        "含有违禁内容，请修改",
        "This contains words that are not allowed.",
    ),
    (
        "goods_image_too_large",
        "商品图片宽高均不能超过 300 像素",
        "A picture of goods has at most 300 by 300 pixels.",
    ),
    (
        "price_invalid",
        "请填写正确的价格，最多两位小数",
        "Write an amount with at most two decimals.",
    ),
    (
        "price_range_reversed",
        "最高价不能低于最低价",
        "The highest price must not be below the lowest.",
    ),
    (
        "price_no_discount",
        "现价需低于原价",
        "The current price must be below the original one.",
    ),
    (
        "page_unknown",
        "小程序中没有该页面，请检查页面路径",
        "The mini program has no such page. Check the path.",
    ),
    (
        "reason_too_long",
        "原因过长，请控制在 200 字以内",
        "Write at most 200 characters.",
    ),
    (
        "price_type_unknown",
        "请选择价格类型",
        "Choose one price, a range or a discount.",
    ),
    (
        "code_unknown",
        "开播码已使用或已过期，请向管理员索取新的开播码",
        "This broadcast code was used or is over. Ask for a new one.",
    ),
    (
        "session_not_found",
        "该登录已退出，请刷新页面查看",
        "There is no such session. Reload the page.",
    ),
    (
        "device_unknown",
        "本设备没有该直播间的开播权限，请向管理员索取开播码",
        "This device may not open the room. Ask for a broadcast code.",
    ),
    (
        "verification_not_found",
        "认证链接无效",
        "This verification link is not valid.",
    ),
    ("anchor_not_found", "主播不存在", "There is no such anchor."),
    (
        "role_limit",
        "该角色的人数已达上限，请先移除其他成员的角色",
        "As many people hold this role as may. Take it from somebody first.",
    ),
    (
        "role_held",
        "该成员已拥有此角色",
        "This person holds the role already.",
    ),
    (
        "anchor_has_room",
        "该主播还有未开播的直播间，暂不能移除主播角色",
        "This anchor has a room that has yet to go live.",
    ),
    (
        "sub_anchor_set",
        "该直播间已有主播副号",
        "The room has a sub-anchor already.",
    ),
    (
        "assistant_held",
        "该成员已是直播间的小助手",
        "This person is an assistant of the room already.",
    ),
    (
        "assistant_limit",
        "直播间的小助手已达上限",
        "The room has as many assistants as it may.",
    ),
    (
        "verification_over",
        "主播尚未通过实名认证，或认证已到期，请先完成认证再开播",
        "The anchor is not verified, or the verification is over. Renew it first.",
    ),
    (
        "nothing_submitted",
        "该认证已处理，请刷新页面查看",
        "This was decided already. Reload the page.",
    ),
    (
        "verification_waits",
        "认证资料已提交，请等待审核",
        "What you sent is waiting for a decision.",
    ),
    (
        "verification_done",
        "你已通过认证，无需重复提交",
        "You are verified. There is nothing to send.",
    ),
    ("person_not_found", "成员不存在", "There is no such person."),
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
        "custom_params_invalid",
        "自定义参数需为 JSON 对象，URL 编码后不超过 600 个字符",
        "Write a JSON object of at most 600 characters when URL-encoded.",
    ),
    (
        "share_code_not_found",
        "观看码无效，请向分享者索取新的观看码",
        "This share code is not valid. Ask whoever shared it for a new one.",
    ),
    (
        "share_code_limit",
        "该直播间的观看码已达上限，请使用已有的观看码",
        "The room has as many share codes as it may. Use one that there is.",
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
        "bot_failed",
        "测试消息没有送达，请检查机器人地址和加签密钥",
        "The test did not arrive. Look at the bot's address and secret.",
    ),
    (
        "reviewer_unknown",
        "审核方密钥不正确",
        "This is not the secret of the app's reviewer.",
    ),
    (
        "reviewer_failed",
        "审核方没有收下商品，商品已保留，请稍后重新提交审核",
        "The reviewer did not take the goods. They stay; submit them again later.",
    ),
    (
        "wechat_not_set",
        "尚未填写微信 AppID 和 AppSecret",
        "No WeChat AppID and AppSecret are set.",
    ),
    (
        "wechat_appid_form",
        "请填写正确的 AppID：wx 开头，共 18 位字母和数字",
        "A WeChat AppID is wx and 16 letters and digits.",
    ),
    (
        "wechat_secret_form",
        "请填写正确的 AppSecret：共 32 位字母和数字",
        "A WeChat AppSecret has 32 letters and digits.",
    ),
    (
        "pushed_today",
        "今天已有其他直播间推送过开播提醒",
        "Another room was pushed today.",
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
