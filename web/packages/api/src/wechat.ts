// What /v1 says of an app's account with WeChat itself.

/** Why WeChat sold no access token. */
export interface WechatProblem {
  kind:
    | 'appid_unknown'
    | 'secret_wrong'
    | 'secret_frozen'
    | 'address_not_allowed'
    | 'quota_used_up'
    | 'refused'
    | 'unreachable';
  at: number;
  /** English. */
  text: string;
  address: string | null;
}

/** Without its secret. */
export interface WechatAccount {
  appid: string;
  setAt: number;
  boughtAt: number | null;
  expiresAt: number | null;
  problem: WechatProblem | null;
}
