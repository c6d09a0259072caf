// The console's words about an app's account with WeChat itself, in English.
import type { wechat as zh, wechatRules as zhRules } from './wechatZh';

export const wechat: typeof zh = {
  title: 'WeChat mini program',
  text: 'Calls that Kaibo does not answer itself (codes, messages, log-in) then go on to WeChat with the real access token, so that an SDK changes one address. Kaibo is the one holder of the token.',
  appid: 'AppID',
  appidHint: 'On mp.weixin.qq.com, under 开发管理 → 开发设置',
  secret: 'AppSecret',
  secretHint: 'Kept encrypted, not shown again',
  kept: 'Kept; leave empty to keep it',
  save: 'Save and check',
  good: 'Good. Last access token bought: {when}',
  saved: 'Saved; WeChat takes it',
  remove: 'Remove',
  removed: 'Removed',
  removeTitle: 'Remove the WeChat account',
  removeText: 'Calls that Kaibo does not answer itself get 40066 then, and go to WeChat no more.',
  problem: {
    appid_unknown: 'WeChat knows no such AppID. Compare it and save again.',
    secret_wrong: 'WeChat says the AppSecret is wrong. If it was reset, enter the new one.',
    secret_frozen: 'The AppSecret is frozen. Unfreeze it on mp.weixin.qq.com first.',
    address_not_allowed:
      'WeChat takes no calls from {address}. Add it to the IP allow-list (开发管理 → 开发设置 → IP 白名单) on mp.weixin.qq.com and save again.',
    quota_used_up: 'Today’s purchases of access tokens are used up. It goes on by itself tomorrow.',
    refused: 'WeChat refused: {text}',
    unreachable: 'WeChat cannot be reached: {text}. See whether the server reaches api.weixin.qq.com.',
  },
};

export const wechatRules: typeof zhRules = {
  wechat_appid_form: 'wx and 16 letters and digits',
  wechat_secret_form: '32 letters and digits',
};
