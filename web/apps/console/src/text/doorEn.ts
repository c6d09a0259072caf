// The console's words about calls of the API in English: quotas, the log of calls, who may call.
import { codes, operations } from './codesEn';

export const api = {
  label: 'Pages of the API',
  pages: { calls: 'Calls', quota: 'Quotas', door: 'Access', admission: 'Admission', push: 'Events' },
  operations,
  codes,
  unknownCode: 'Number {code}',
};

export const quota = {
  title: 'Quotas · Kaibo console',
  resets: 'A new day for quotas begins: {when} ({zone}; {left} left)',
  roomsPerDay: 'Rooms made today',
  liveAtOnce: 'Live at once',
  maxHours: 'Longest broadcast',
  hours: '{n} hours',
  left: '{n} left',
  full: 'Used up',
  calls: 'Calls today, by operation',
  callsText:
    'Beyond the day’s quota the answer is 45009, beyond the minute’s 45011; a refused call does not count.',
  search: 'Search operations',
  filter: 'Filter',
  shown: { all: 'All operations', used: 'Used today', own: 'With limits of their own' },
  none: { all: 'No such operation', used: 'No calls today', own: 'None has limits of its own' },
  perMinute: '{n} a minute',
  own: 'Own limit',
  adjust: 'Adjust',
  adjustTitle: 'Adjust “{name}”',
  adjustText:
    'Holds for this app alone, from the next call on; what was used stays used. Empty: the default. 0: shut.',
  adjustRooms: 'Limits of rooms',
  perDay: 'Calls a day',
  perMinuteField: 'Calls a minute',
  asDefault: 'Default',
  roomsPerDayField: 'Rooms made a day',
  liveAtOnceField: 'Rooms live at once',
  maxHoursField: 'Longest broadcast (1–{most} hours)',
  maxHoursHint: 'For rooms made or edited from now on, and for when a broadcast is cut',
  back: 'Back to default',
  backAll: 'All back to default',
  backAllAsk: 'Everything back to the defaults?',
  backAllText: 'Every limit of this app’s own is taken back. What was used stays used.',
  saved: 'Quotas updated',
};

export const calls = {
  title: 'Calls · Kaibo console',
  text: 'Of the last 7 days, 100 000 at most. What was sent and answered is not kept.',
  rid: 'Paste a rid or an error message',
  find: 'Find',
  noRid: 'There is no rid in this. It looks like 6968a940-0f3c9d11-5be2a0c4 and ends an error message',
  op: 'Operation',
  allOps: 'All operations',
  result: 'Result',
  results: { all: 'All results', failed: 'Failed alone', code: 'One number' },
  code: 'Error number',
  codeWrong: 'A number, please',
  reload: 'Reload',
  clear: 'Clear filters',
  more: 'Show more',
  ok: 'Done',
  reason: 'True reason: {reason}',
  from: 'from {peer}',
  took: 'took {took}',
  none: 'No calls like this',
  noneRid:
    'No call has this rid. It may be older than 7 days or another app’s; calls without a good access_token are not kept.',
  empty: 'No calls yet',
  emptyText:
    'The first call buys an access_token with the AppSecret that was shown when the app was made. Put it in the place of SECRET and run:',
  emptyMore: 'More examples:',
};

export const door = {
  title: 'Access · Kaibo console',
  profile: 'Profile',
  profileText: 'How requests are judged that are not quite as WeChat’s documents want them.',
  choice: {
    server: 'As the server is set (now: {now})',
    tolerant: 'Tolerant',
    strict: 'Strict',
  },
  note: {
    server: 'As wechat.profile of the server’s settings says',
    tolerant:
      'Recommended. What known shops and SDKs send is understood: forms for JSON, numbers as text, no Content-Type, plain http.',
    strict:
      'What WeChat refuses is refused with WeChat’s number. To try your code before it goes live; wants https and application/json.',
  },
  ips: 'Allowed addresses',
  ipsText: 'These alone may call with the app’s credentials, others get 40164. Empty: everybody.',
  ipsHint: 'One address or network a line, such as 203.0.113.7 or 10.0.0.0/8, IPv6 too; {most} at most',
  ipsWrong: 'Neither address nor network: {list}',
  ipsMany: '{most} at most, these are {n}',
  yours: 'Your address now: {ip}',
  addYours: 'Allow it',
  missingYours:
    'Your own address {ip} is not allowed by this list. If you call the API from this computer too, add it first; the console is not affected.',
  missingCallers: 'These have called within 7 days and will be refused: {list}',
  addCallers: 'Allow all of them',
  saved: 'Saved; it holds at once',
};
