//! The words of errors about users of the console and how they log in.

/// Code, Chinese, English.
pub(super) const TEXTS: &[(&str, &str, &str)] = &[
    (
        "owner_only",
        "仅所有者可以操作，请联系所有者",
        "Only an owner can do this. Ask one.",
    ),
    (
        "two_factor_required",
        "请先开启两步验证，再继续使用控制台",
        "Turn on two-step verification first.",
    ),
    (
        "user_not_found",
        "账号不存在，可能已被移除",
        "There is no such user. They may have been removed.",
    ),
    (
        "user_name_taken",
        "该用户名已被使用，请换一个",
        "Somebody has this name. Choose another.",
    ),
    (
        "user_role_unknown",
        "请选择角色：所有者或运营",
        "Choose a role: owner or operator.",
    ),
    (
        "user_apps_invalid",
        "请至少选择一个现有的应用",
        "Choose one app at least, of those that are there.",
    ),
    (
        "last_owner",
        "至少保留一名可登录的所有者，请先邀请另一名所有者",
        "One owner who can log in must stay. Invite another first.",
    ),
    (
        "not_oneself",
        "不能对自己的账号执行此操作，请由其他所有者操作",
        "You cannot do this to your own account. Ask another owner.",
    ),
    (
        "user_limit",
        "账号数量已达上限，请先移除不再使用的账号",
        "There are as many users as there may be. Remove some first.",
    ),
    (
        "link_closed",
        "链接已使用或已过期，请向所有者索取新的链接",
        "This link was used or is over. Ask an owner for a new one.",
    ),
    (
        "code_needed",
        "请输入验证器中的 6 位动态码，或一个恢复码",
        "Enter the code of your authenticator, or a recovery code.",
    ),
    (
        "code_wrong",
        "动态码不正确或已使用，请等待下一个动态码后重试",
        "The code is wrong or was used. Wait for the next one and try again.",
    ),
    (
        "password_wrong",
        "密码不正确，请重新输入",
        "The password is wrong. Enter it again.",
    ),
    (
        "two_factor_on",
        "两步验证已开启",
        "Two-step verification is on already.",
    ),
    (
        "two_factor_off",
        "两步验证未开启，请先开始设置",
        "Two-step verification is off. Begin to set it up first.",
    ),
    (
        "two_factor_demanded",
        "所有者要求所有账号开启两步验证，暂不能关闭",
        "The owner demands two-step verification of everybody, so it stays on.",
    ),
];
