// A room's whole life, from a merchant's call to the end of the broadcast: encoder, API, open page.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  Browser,
  Kaibo,
  Publisher,
  WeChat,
  bodyEnd,
  events,
  framesMove,
  minutes,
  moves,
  note,
  ownerOf,
  pageStatus,
  seconds,
  shoot,
  step,
  until,
} from './harness.mjs';

const kaibo = await Kaibo.start();
after(() => kaibo.close());
const wechat = await WeChat.open(kaibo.http, await kaibo.app());
const owner = await ownerOf(kaibo);
const browser = await Browser.start();
after(() => browser.close());

/** Follows a change in all its outputs at once; gives when each showed `status`. */
async function everywhere({ room, page, feed }, status, within) {
  const apiAt = until(`getliveinfo shows ${status}`, async () => (await wechat.status(room.id)) === status, {
    within,
  }).then(() => performance.now());
  const eventAt = feed.next((view) => view.status === status, within).then((event) => event.at);
  const [api, open, event] = await Promise.all([apiAt, pageStatus(page, status, within), eventAt]);
  return { api, page: open, event };
}

function noteAll(test, what, from, times) {
  for (const [where, at] of Object.entries(times)) note(test, `${what}, ${where}`, at - from);
}

test('a room lives from the countdown to the end on an open page', { timeout: seconds(180) }, async (t) => {
  const room = await wechat.room({ dueIn: minutes(15) });
  assert.match(
    room.pushAddr,
    new RegExp(`^${kaibo.rtmp}/live/${room.stream}\\?txSecret=[0-9a-f]{32}&txTime=[0-9A-Fa-f]{8}$`),
  );
  const page = await browser.page('phone');
  await page.goto(`${kaibo.http}/r/${room.id}`);
  const feed = await events(`${kaibo.http}/v1/rooms/${room.id}/events`);
  const all = { room, page, feed };
  let loads = 0;
  let encoder;
  t.after(async () => {
    feed.close();
    await encoder?.kill();
    await page.context().close();
  });

  await step(t, 'before: a countdown, and no stream for anybody', async () => {
    await page.getByTestId('countdown').waitFor();
    page.on('load', () => (loads += 1));
    assert.equal(await wechat.status(room.id), 102);
    assert.equal((await fetch(`${kaibo.http}/live/${room.stream}.flv`)).status, 404);
    assert.equal((await page.getByTestId('status').first().textContent()).trim(), '未开始');
    await shoot(page, 'room-102');
  });

  await step(t, 'a pushed stream starts it within a second, everywhere', async () => {
    const watching = everywhere(all, 101, seconds(20));
    encoder = new Publisher(room.pushAddr);
    const good = await encoder.good();
    const times = await watching;
    note(t, 'stream is good after the start of FFmpeg', good - encoder.startedAt);
    noteAll(t, '102 → 101 after the start of FFmpeg', encoder.startedAt, times);
    noteAll(t, '102 → 101 after the stream is good', good, times);
    for (const [where, at] of Object.entries(times))
      assert.ok(at - good <= 1000, `${where}: ${at - good} ms`);
  });

  await step(t, 'the picture moves', async () => {
    const movedAt = await moves(page);
    note(t, 'two seconds of picture seen after the start of FFmpeg', movedAt - encoder.startedAt);
    await framesMove(page);
    await shoot(page, 'room-101');
  });

  await step(t, 'the encoder falls silent: 106, and the anchor is away for a while', async () => {
    const watching = everywhere(all, 106, seconds(20));
    await encoder.kill();
    const stopped = performance.now();
    const times = await watching;
    noteAll(t, '101 → 106 after the last byte', stopped, times);
    for (const [where, at] of Object.entries(times)) {
      assert.ok(at - stopped <= 11_000, `${where}: ${at - stopped} ms`);
      assert.ok(at - stopped >= 8000, `${where}: too hasty, ${at - stopped} ms`);
    }
    await page.getByText('主播暂时离开').waitFor();
    await shoot(page, 'room-106');
  });

  await step(t, 'the encoder is back: 101, and the page plays on', async () => {
    const watching = everywhere(all, 101, seconds(20));
    encoder = new Publisher(room.pushAddr);
    const good = await encoder.good();
    const times = await watching;
    noteAll(t, '106 → 101 after the stream is good', good, times);
    for (const [where, at] of Object.entries(times))
      assert.ok(at - good <= 1000, `${where}: ${at - good} ms`);
    note(t, 'two seconds of picture seen after the second start', (await moves(page)) - encoder.startedAt);
    await framesMove(page);
    await page.getByText('主播暂时离开').waitFor({ state: 'hidden' });
  });

  await step(t, '`room end` beside the server ends it for all', async () => {
    const flv = await bodyEnd(`${kaibo.http}/live/${room.stream}.flv`);
    await flv.first;
    const watching = everywhere(all, 103, seconds(10));
    const said = await kaibo.cli('room', 'end', '--appid', wechat.appid, room.id);
    const returned = performance.now();
    assert.equal(said.status, 103);
    assert.equal(await wechat.status(room.id), 103, 'already true when the command returns');
    const body = await flv.end;
    note(t, 'FLV closed after `room end` returned', body.at - returned);
    assert.ok(body.clean, 'the body ended properly');
    assert.ok(body.at - returned <= 1000);
    noteAll(t, '101 → 103 after `room end` returned', returned, await watching);
    await page.getByText('直播已结束').first().waitFor();
    await encoder.exited;
    assert.equal((await fetch(`${kaibo.http}/live/${room.stream}.flv`)).status, 404);
    assert.equal((await fetch(`${kaibo.http}/live/${room.stream}/index.m3u8`)).status, 404);
    assert.equal((await wechat.pushUrl(room.id)).errcode, 300023);
    await shoot(page, 'room-103');
  });

  assert.equal(loads, 0, 'the page was never loaded again');
  assert.deepEqual(browser.troubles, []);
});

test('a room due in three hours only shows a preview', { timeout: seconds(90) }, async (t) => {
  const room = await wechat.room({ dueIn: minutes(180), name: '三小时后的专场' });
  const broadcast = await owner.broadcast(wechat.appid, room.id);
  const page = await browser.page('desktop');
  await broadcast.open(page);
  const encoder = new Publisher(room.pushAddr);
  t.after(async () => {
    await encoder.kill();
    await page.context().close();
  });

  await until('the anchor sees a good stream', async () => (await broadcast.view()).good, {
    within: seconds(20),
  });
  await moves(page, '[data-testid="preview"] video');
  await framesMove(page, '[data-testid="preview"] video');
  assert.equal(await wechat.status(room.id), 102);
  assert.equal((await fetch(`${kaibo.http}/live/${room.stream}.flv`)).status, 404);
  assert.equal((await fetch(`${kaibo.http}/live/${room.stream}/index.m3u8`)).status, 404);
  const viewer = await (await fetch(`${kaibo.http}/v1/rooms/${room.id}`)).json();
  assert.equal(viewer.play, null);
  assert.equal((await broadcast.view()).status, 102);
  await shoot(page, 'anchor-preview');
});
