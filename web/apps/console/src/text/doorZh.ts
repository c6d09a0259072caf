// The console's words about calls of the API in Chinese: quotas, the log of calls, who may call.
import { codes, operations } from './codesZh';

export const api = {
  label: '接口页面',
  pages: { calls: '调用记录', quota: '配额', door: '接入设置', admission: '准入', push: '消息推送' },
  operations,
  codes,
  unknownCode: '错误码 {code}',
};

export const quota = {
  title: '配额 · 开播控制台',
  resets: '每日配额{when} 重置（{zone}，还有 {left}）',
  roomsPerDay: '今日创建直播间',
  liveAtOnce: '同时直播',
  maxHours: '单场最长时长',
  hours: '{n} 小时',
  left: '还剩 {n}',
  full: '已用完',
  calls: '各接口今日用量',
  callsText: '超过每日配额返回 45009，超过每分钟配额返回 45011；被拒绝的调用不计入用量。',
  search: '搜索接口名称',
  filter: '筛选',
  shown: { all: '全部接口', used: '今天用过的', own: '单独调整过的' },
  none: { all: '没有符合条件的接口', used: '今天还没有调用过接口', own: '还没有单独调整过的接口' },
  perMinute: '每分钟 {n} 次',
  own: '已调整',
  adjust: '调整',
  adjustTitle: '调整「{name}」',
  adjustText: '只对本应用生效，保存后立即生效，已用次数不变。留空则使用默认配额，填 0 表示停用。',
  adjustRooms: '直播间配额',
  perDay: '每日次数',
  perMinuteField: '每分钟次数',
  asDefault: '默认',
  roomsPerDayField: '每天创建的直播间',
  liveAtOnceField: '同时直播的直播间',
  maxHoursField: '单场最长（1–{most} 小时）',
  maxHoursHint: '影响之后创建、编辑的直播间，以及直播的自动结束时间',
  back: '恢复默认',
  backAll: '全部恢复默认',
  backAllAsk: '全部恢复默认配额？',
  backAllText: '本应用单独调整过的配额都会改回默认值，已用次数不变。',
  saved: '配额已更新',
};

export const calls = {
  title: '调用记录 · 开播控制台',
  text: '保留最近 7 天，最多 10 万条。不记录请求和返回的内容。',
  rid: '粘贴 rid 或整段报错',
  find: '查找',
  noRid: '没有找到 rid，应形如 6968a940-0f3c9d11-5be2a0c4，在报错信息的末尾',
  op: '接口',
  allOps: '全部接口',
  result: '结果',
  results: { all: '全部结果', failed: '只看失败', code: '指定错误码' },
  code: '错误码',
  codeWrong: '请填写数字',
  reload: '刷新',
  clear: '清除条件',
  more: '加载更多',
  ok: '成功',
  reason: '具体原因：{reason}',
  from: '来自 {peer}',
  took: '耗时 {took}',
  none: '没有符合条件的记录',
  noneRid: '没有这个 rid 的记录。可能已超过 7 天，或属于其他应用；access_token 无效的调用不会被记录。',
  empty: '还没有调用记录',
  emptyText:
    '用创建应用时得到的 AppSecret 换取 access_token，就是第一次调用。把 SECRET 换成你的 AppSecret，在终端运行：',
  emptyMore: '更多示例见',
};

export const door = {
  title: '接入设置 · 开播控制台',
  profile: '兼容方式',
  profileText: '决定如何对待不完全符合微信文档的请求。',
  choice: {
    server: '跟随服务器设置（当前：{now}）',
    tolerant: '宽松',
    strict: '严格',
  },
  note: {
    server: '以服务器配置 wechat.profile 为准',
    tolerant:
      '推荐。常见商城系统和 SDK 的写法都能识别：表单代替 JSON、数字写成字符串、缺少 Content-Type、用 HTTP 调用等。',
    strict:
      '微信会拒绝的写法一律拒绝，错误码与微信一致。适合在上线前检查自己的代码；要求 HTTPS 和 application/json。',
  },
  ips: 'IP 白名单',
  ipsText: '只允许这些地址用本应用的凭证调用接口，其他地址返回 40164。留空则不限制。',
  ipsHint: '每行一个 IP 或网段，例如 203.0.113.7 或 10.0.0.0/8，支持 IPv6，最多 {most} 个',
  ipsWrong: '不是有效的 IP 或网段：{list}',
  ipsMany: '最多 {most} 个，现有 {n} 个',
  yours: '你当前的地址：{ip}',
  addYours: '加入白名单',
  missingYours:
    '白名单不包含你当前的地址 {ip}。如果也从这台电脑调用接口，请先加入，否则会被拒绝；控制台不受影响。',
  missingCallers: '以下地址最近 7 天成功调用过接口，保存后将被拒绝：{list}',
  addCallers: '全部加入',
  saved: '已保存，立即生效',
};
