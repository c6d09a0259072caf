// Texts that all pages share; an app spreads them into its own messages.
import type { Locale } from './locale';

const zh = {
  status: {
    '101': '直播中',
    '102': '未开始',
    '103': '已结束',
    '104': '已禁播',
    '105': '暂停中',
    '106': '主播暂离',
    '107': '已过期',
  },
  units: { days: '天', hours: '时', minutes: '分', seconds: '秒' },
  refusal: {
    wrong_key: '推流地址不正确，请重新复制服务器和串流密钥',
    expired_key: '推流地址已过期，请使用最新的推流地址',
    revoked_key: '推流密钥已失效，请使用最新的推流地址',
    quota: '同时直播的直播间已达上限，请等其他直播结束后再推流',
    busy: '该直播间已有一路推流，请先停止另一路',
    unsupported_codec: '编码格式不支持（{detail}），请改用 H.264 视频和 AAC 音频',
    room_over: '直播间已结束，不能再推流',
    anchor_unverified: '主播尚未通过实名认证，或认证已到期，请先完成认证再推流',
  },
};

const en: typeof zh = {
  status: {
    '101': 'Live',
    '102': 'Upcoming',
    '103': 'Ended',
    '104': 'Banned',
    '105': 'Paused',
    '106': 'Host away',
    '107': 'Expired',
  },
  units: { days: 'd', hours: 'h', minutes: 'm', seconds: 's' },
  refusal: {
    wrong_key: 'The push address is wrong. Copy the server and stream key again.',
    expired_key: 'The push address has expired. Use the newest one.',
    revoked_key: 'This stream key was revoked. Use the newest push address.',
    quota: 'The limit of rooms live at once is reached. Try again when another has ended.',
    busy: 'This room already receives a stream. Stop the other encoder first.',
    unsupported_codec: 'Codec not supported ({detail}). Use H.264 video and AAC audio.',
    room_over: 'This room is over and takes no more streams.',
    anchor_unverified: 'The host is not verified, or the verification is over. Renew it first.',
  },
};

/** `status.<number>`, `units.*`, `refusal.<reason>` (with `{detail}`) in both languages. */
export const uiMessages: Record<Locale, typeof zh> = { 'zh-CN': zh, en };
