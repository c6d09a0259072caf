// The command line beside a running server: every order is true everywhere when it returns.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  Browser,
  Kaibo,
  Publisher,
  WeChat,
  bodyEnd,
  fits,
  minutes,
  moves,
  note,
  ownerOf,
  pageStatus,
  seconds,
  shoot,
  until,
} from './harness.mjs';

const kaibo = await Kaibo.start();
after(() => kaibo.close());
const wechat = await WeChat.open(kaibo.http, await kaibo.app());
const browser = await Browser.start();
after(() => browser.close());

const order = (verb, id, ...rest) => kaibo.cli('room', verb, '--appid', wechat.appid, id, ...rest);

test('pause, resume, ban and unban on air', { timeout: seconds(120) }, async (t) => {
  const room = await wechat.room({ dueIn: minutes(15), name: '命令行里的一场' });
  const flvUrl = `${kaibo.http}/live/${room.stream}.flv`;
  const page = await browser.page('phone');
  await page.goto(`${kaibo.http}/r/${room.id}`);
  const encoder = new Publisher(room.pushAddr);
  t.after(() => encoder.kill());
  await pageStatus(page, 101, seconds(20));
  await moves(page);

  assert.equal((await order('pause', room.id)).status, 105);
  assert.equal(await wechat.status(room.id), 105);
  assert.equal((await fetch(flvUrl)).status, 404, 'nobody sees a paused room');
  await pageStatus(page, 105);
  await page.getByText('直播暂停中').waitFor();
  await shoot(page, 'room-105');

  assert.equal((await order('resume', room.id)).status, 101);
  assert.equal(await wechat.status(room.id), 101);
  await pageStatus(page, 101);
  await moves(page);

  const flv = await bodyEnd(flvUrl);
  await flv.first;
  const reason = '测试：含有<b>夸大</b>宣传';
  assert.equal((await order('ban', room.id, '--reason', reason)).status, 104);
  const banned = performance.now();
  const closed = (await flv.end).at;
  note(t, 'FLV closed after `room ban` returned', closed - banned);
  assert.ok(closed - banned <= 1000);
  assert.equal(await wechat.status(room.id), 104);
  await pageStatus(page, 104);
  await page.getByText(reason, { exact: false }).waitFor();
  await encoder.exited;
  await shoot(page, 'room-104');
  assert.ok(await fits(page));

  assert.equal((await order('unban', room.id)).status, 103, 'it had begun, so it is over');
  await pageStatus(page, 103);
  assert.deepEqual(browser.troubles, []);
});

test('`room start` arms a room whose stream is not there yet', { timeout: seconds(60) }, async (t) => {
  const room = await wechat.room({ dueIn: minutes(180), name: '提前开播的一场' });
  const said = await order('start', room.id);
  assert.deepEqual(said, { roomId: room.id, status: 102, armed: true });
  const encoder = new Publisher(room.pushAddr);
  t.after(() => encoder.kill());
  await encoder.good();
  await until('live', async () => (await wechat.status(room.id)) === 101);
});

test('an order that cannot be carried out says why and changes nothing', async () => {
  const room = await wechat.room({ dueIn: minutes(15), name: '还没开始的一场' });
  await assert.rejects(
    order('pause', room.id),
    (error) => error.code !== 0 && error.stderr.startsWith('kaibo: '),
  );
  await assert.rejects(order('ban', room.id), /--reason/);
  await assert.rejects(order('end', 1999999999));
  assert.equal(await wechat.status(room.id), 102);
});

test('a new password ends the old sessions', async () => {
  const owner = await ownerOf(kaibo);
  await owner.call('GET', '/v1/apps');
  const made = await kaibo.run('user', 'reset-password', 'owner');
  await assert.rejects(owner.call('GET', '/v1/apps'), /401/);
  const word = made.match(/\S{10,}/g).at(-1);
  await owner.open('/v1/session', { name: 'owner', password: word });
  assert.ok((await owner.call('GET', '/v1/apps')).length > 0);
});
