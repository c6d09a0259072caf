// The console's words about an app's account with WeChat itself, in Chinese.
export const wechat = {
  title: '微信小程序',
  text: '填写后，开播自己不处理的接口（小程序码、订阅消息、登录等）会换上真实的 access_token 转给微信，SDK 只需改一个域名。access_token 由开播统一获取和保管。',
  appid: 'AppID',
  appidHint: '在 mp.weixin.qq.com“开发管理 → 开发设置”中查看',
  secret: 'AppSecret',
  secretHint: '加密保存，保存后不再显示',
  kept: '已保存，留空则不变',
  save: '保存并验证',
  good: '可用。最近一次获取 access_token：{when}',
  saved: '已保存，微信验证通过',
  remove: '移除',
  removed: '已移除',
  removeTitle: '移除微信凭证',
  removeText: '移除后，开播自己不处理的接口将返回 40066，不再转给微信。',
  problem: {
    appid_unknown: '微信没有这个 AppID，请核对后重新保存。',
    secret_wrong: '微信提示 AppSecret 不正确。如果重置过，请填写新的 AppSecret。',
    secret_frozen: 'AppSecret 已被冻结，请先在 mp.weixin.qq.com 解冻。',
    address_not_allowed:
      '微信不接受来自 {address} 的请求。请把它加到 mp.weixin.qq.com“开发管理 → 开发设置 → IP 白名单”，再重新保存。',
    quota_used_up: '今天获取 access_token 的次数已用完，明天自动恢复。',
    refused: '微信拒绝了请求：{text}',
    unreachable: '连接不上微信：{text}。请检查服务器能否访问 api.weixin.qq.com。',
  },
};

export const wechatRules = {
  wechat_appid_form: '以 wx 开头，共 18 位字母和数字',
  wechat_secret_form: '共 32 位字母和数字',
};
