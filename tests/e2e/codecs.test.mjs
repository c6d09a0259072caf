// Streams in other codecs are turned away with a word that helps.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Kaibo, WeChat, minutes, ownerOf, refusedPush, seconds } from './harness.mjs';

const kaibo = await Kaibo.start();
after(() => kaibo.close());
const wechat = await WeChat.open(kaibo.http, await kaibo.app());
const owner = await ownerOf(kaibo);

const CASES = {
  'Sorenson video': ['-c:v flv1 -c:a aac', /Sorenson|H\.263|flv1/i],
  'MP3 sound': ['-c:v libx264 -preset ultrafast -g 25 -c:a libmp3lame', /MP3/i],
};

for (const [name, [codecs, detail]] of Object.entries(CASES)) {
  test(`${name} is refused by name`, { timeout: seconds(40) }, async () => {
    const room = await wechat.room({ dueIn: minutes(15), name: '编码不对的一场' });
    await refusedPush(room.pushAddr, codecs);
    const view = await (await owner.broadcast(wechat.appid, room.id)).view();
    assert.equal(view.lastRefusal?.reason, 'unsupported_codec');
    assert.match(view.lastRefusal.detail, detail);
    assert.equal(view.status, 102);
  });
}
