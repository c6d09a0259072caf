// The console's words about alert bots in English.
import type { bots as zhBots } from './botsZh';

export const bots: typeof zhBots = {
  title: 'Alert bots',
  text: 'A group is told when a stream is lost, a live ended for that, a room was banned, or an endpoint was given up. Of one kind and room once in five minutes, with how often it happened.',
  none: 'There are no bots yet',
  add: 'Add a bot',
  brand: 'Chat',
  brands: { wecom: 'WeCom', dingtalk: 'DingTalk', feishu: 'Feishu' },
  url: 'Webhook address',
  urlHint: 'Copied from the group’s custom bot. It holds a key: kept encrypted, not shown again',
  secret: 'Signing secret',
  secretHint: 'Where a DingTalk or Feishu bot checks signatures; else empty',
  test: 'Send a test',
  tested: 'The test has arrived; look into the group',
  failed: 'The test did not arrive: {why}',
  failing: 'Failing since {when}; send a test to see why',
  disabled: 'Nothing arrived for three days; switched off {when}. A test that arrives switches it on.',
  added: 'Added; send a test',
  remove: 'Delete',
  removed: 'Deleted',
  removeTitle: 'Delete the bot',
  removeText: 'This group gets no alerts any more.',
};
