// A day of a shop: what happens at Kaibo from hour to hour, and what its back end must know of it.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:net';
import path from 'node:path';
import { Kaibo, WeChat, minutes, ownerOf, until } from '../e2e/harness.mjs';
import { countingDoor } from './counter.mjs';

const MOST_CALLS = 50;
/** More than a page of getliveinfo. */
const ROOMS = 60;
const HOURS = 24;

/**
 * Drives a back end through a day. `launch(options)` starts one with `{ url, appid, secret, webhookSecret, file,
 * mostCalls, port }` and gives `{ hour(), stop() }`: `hour` lets an hour pass and settles when its work is done.
 */
export async function liveADay(t, launch) {
  const kaibo = await Kaibo.start({ env: { KAIBO_OUTBOUND__ALLOW_PRIVATE: '["127.0.0.0/8"]' } });
  t.after(() => kaibo.close());
  const shop = await openShop(kaibo);
  const door = await countingDoor(kaibo.http);
  t.after(() => door.close());
  const port = await freePort();
  const at = `http://127.0.0.1:${port}`;
  const { webhook, secret: webhookSecret } = await shop.webhook(`${at}/kaibo/events`);
  const file = path.join(kaibo.folder, 'shop.json');
  const options = { ...shop.app, url: door.url, webhookSecret, file, mostCalls: MOST_CALLS, port };
  let backend = await launch(options);
  t.after(() => backend?.stop());

  const known = async () => (await (await fetch(`${at}/rooms`)).json()).rooms;
  const one = async (id) => (await known()).find(({ roomId }) => roomId === id);
  const sees = (what, id, fits) => until(what, async () => fits(await one(id)));
  assert.deepEqual(statuses(await known()), statuses(await shop.list()), 'all rooms are there at the start');
  const firstCalls = door.calls.length;

  const [first] = shop.rooms;
  let made;
  const events = {
    2: async () => {
      made = (await shop.wechat.room({ name: '临时加播专场', dueIn: minutes(180) })).id;
      await sees('a new room, with its cover', made, (room) => room?.coverUrl && room.status === 102);
    },
    4: async () => {
      await kaibo.run('room', 'ban', '--appid', shop.app.appid, first, '--reason', '违规');
      await sees('a ban', first, (room) => room.status === 104);
      await kaibo.run('room', 'unban', '--appid', shop.app.appid, first);
      await sees('a ban lifted', first, (room) => room.status === 102);
    },
    7: async () => {
      await shop.rename(made, '加播专场改名');
      await sees('another name', made, (room) => room.name === '加播专场改名');
    },
    9: () => hearsNobodyElse(at, webhookSecret, shop, first, one),
    11: async () => {
      await shop.wechat.post('/wxaapi/broadcast/room/deleteroom', { id: made });
      await sees('a room gone', made, (room) => room === undefined);
    },
    // Restarted, it knows what it knew, and pays neither for a token nor for a list.
    12: async () => {
      const before = await known();
      const paid = door.calls.length;
      await backend.stop();
      backend = null;
      await kaibo.run('room', 'ban', '--appid', shop.app.appid, shop.rooms[1], '--reason', '违规');
      backend = await launch(options);
      const after = await known();
      assert.equal(after.length, before.length);
      assert.equal(door.calls.length, paid);
      await sees('what happened meanwhile', shop.rooms[1], (room) => room.status === 104);
    },
    // Nobody tells it any more; the next look finds out.
    18: async () => {
      await shop.forget(webhook);
      await kaibo.run('room', 'ban', '--appid', shop.app.appid, shop.rooms[2], '--reason', '违规');
      await shop.wechat.post('/wxaapi/broadcast/room/deleteroom', { id: shop.rooms[3] });
    },
  };
  const quiet = [];
  for (let hour = 1; hour <= HOURS; hour += 1) {
    await events[hour]?.();
    const before = door.calls.length;
    await backend.hour();
    const looks = door.calls.slice(before).filter(({ path: asked }) => asked.endsWith('/rooms'));
    if (looks.every(({ status }) => status === 304)) quiet.push(hour);
  }
  assert.equal((await one(shop.rooms[2])).status, 104);
  assert.equal(await one(shop.rooms[3]), undefined);
  assert.deepEqual(statuses(await known()), statuses(await shop.list()), 'the day ends as it is at Kaibo');
  assert.ok(quiet.length >= 15, `an hour in which nothing happened costs a 304: ${quiet}`);
  await count(t, door.calls, shop, firstCalls);
}

const statuses = (rooms) => rooms.map(({ roomId, name, status }) => [roomId, name, status]);

/** Counts what went through the door, and holds it against Kaibo's own log of calls. */
async function count(t, calls, shop, firstCalls) {
  const of = (end) => calls.filter(({ path: asked }) => asked.endsWith(end)).length;
  assert.equal(of('/getliveinfo'), 2, 'the first list has two pages, and is read once');
  assert.ok(calls.length <= MOST_CALLS, `${calls.length} calls`);
  assert.ok(calls.every(({ status }) => status === 200 || status === 304));
  const log = await shop.log('stable_token');
  assert.equal(log.length, of('/stable_token'), 'Kaibo has counted the same');
  t.diagnostic(
    `${calls.length} calls in a day: ${firstCalls} at the start, ${of('/stable_token')} tokens, ${of('/rooms')} looks`,
  );
}

/** Only Kaibo is heard, and only once. */
async function hearsNobodyElse(at, secret, shop, roomId, one) {
  const now = Date.now();
  const event = (id, status, age = 0) =>
    JSON.stringify({
      id,
      type: 'room.status',
      appid: shop.app.appid,
      roomId,
      at: now - age,
      data: { from: 102, to: status, cause: 'command' },
    });
  const tell = async (body, { key = secret, seconds = Math.floor(now / 1000) } = {}) => {
    const v1 = createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex');
    const headers = { 'content-type': 'application/json', 'kaibo-signature': `t=${seconds},v1=${v1}` };
    return (await fetch(`${at}/kaibo/events`, { method: 'POST', headers, body })).status;
  };
  const status = async () => (await one(roomId)).status;
  assert.equal(await tell(event('a'.repeat(32), 104), { key: 'whsec_somebody_else' }), 401);
  assert.equal(await tell(event('a'.repeat(32), 104), { seconds: Math.floor(now / 1000) - 3_600 }), 401);
  assert.equal((await fetch(`${at}/kaibo/events`, { method: 'POST', body: '{}' })).status, 401);
  assert.equal(await status(), 102);
  assert.equal(await tell(event('b'.repeat(32), 105)), 200);
  assert.equal(await status(), 105);
  assert.equal(await tell(event('c'.repeat(32), 102)), 200);
  assert.equal(await tell(event('b'.repeat(32), 105)), 200, 'again under the same id');
  assert.equal(await tell(event('d'.repeat(32), 105, 60_000)), 200, 'older than what is known');
  assert.equal(await status(), 102);
}

/** A shop with rooms, as its other systems steer them. */
async function openShop(kaibo) {
  const owner = await ownerOf(kaibo);
  const app = await kaibo.app();
  const base = `/v1/apps/${app.appid}`;
  await owner.call('PUT', `${base}/quota`, { roomsPerDay: 200 });
  const wechat = await WeChat.open(kaibo.http, app);
  const rooms = [];
  for (let at = 0; at < ROOMS; at += 1)
    rooms.push((await wechat.room({ name: `第 ${at + 1} 场专场`, dueIn: minutes(60 + at) })).id);
  return {
    app,
    wechat,
    rooms,
    async webhook(url) {
      const { id, secret } = await owner.call('POST', `${base}/webhooks`, { url, events: [] });
      return { webhook: id, secret };
    },
    forget: (webhook) => owner.call('DELETE', `${base}/webhooks/${webhook}`),
    log: async (op) => (await owner.call('GET', `${base}/requests?op=${op}&limit=100`)).calls,
    async rename(roomId, name) {
      const room = await owner.call('GET', `${base}/rooms/${roomId}`);
      const { coverUrl: coverImg, shareUrl: shareImg, feedsUrl: feedsImg } = room;
      await owner.call('PUT', `${base}/rooms/${roomId}`, { ...room, name, coverImg, shareImg, feedsImg });
    },
    /** The rooms as the back end should have them. */
    async list() {
      const all = await wechat.allRooms();
      const inOrder = all.map((row) => ({
        roomId: row.roomid,
        name: row.name,
        status: row.live_status,
        startAt: row.start_time * 1000,
      }));
      return inOrder.sort((a, b) => b.startAt - a.startAt || b.roomId - a.roomId);
    },
  };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
