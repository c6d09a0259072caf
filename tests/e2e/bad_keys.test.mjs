// Push keys that must not open anything, and keys that must not be found anywhere.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Kaibo, Publisher, WeChat, minutes, note, ownerOf, refusedPush, seconds, until } from './harness.mjs';

const METRICS_TOKEN = 'figures-for-the-test';
// The most talkative log there is, since that is where a secret would show.
const kaibo = await Kaibo.start({
  env: { KAIBO_SERVER__LOG: 'trace', KAIBO_SERVER__METRICS_TOKEN: METRICS_TOKEN },
});
after(() => kaibo.close());
const apps = [];
for (const name of ['甲店', '乙店']) apps.push(await WeChat.open(kaibo.http, await kaibo.app(name)));
const owner = await ownerOf(kaibo);
const room = await apps[0].room({ dueIn: minutes(15) });

const secretOf = (address) => /txSecret=([0-9a-f]+)/.exec(address)[1];
const timeOf = (address) => /txTime=([0-9A-Fa-f]+)/.exec(address)[1];
const address = (stream, secret, time) => `${kaibo.rtmp}/live/${stream}?txSecret=${secret}&txTime=${time}`;

test('every wrong key is refused with one and the same answer', { timeout: seconds(120) }, async (t) => {
  const neighbour = await apps[0].room({ dueIn: minutes(15), name: '隔壁的直播间' });
  const foreign = await apps[1].room({ dueIn: minutes(15), name: '别家的直播间' });
  const [secret, time] = [secretOf(room.pushAddr), timeOf(room.pushAddr)];
  const past = Math.floor(Date.now() / 1000 - 3600)
    .toString(16)
    .toUpperCase();
  const later = (Number.parseInt(time, 16) + 86_400).toString(16).toUpperCase();
  const revoked = await apps[0].room({ dueIn: minutes(15), name: '换过密钥的直播间' });
  const renewed = await owner.revokePush(apps[0].appid, revoked.id);
  assert.notEqual(renewed.push.address, revoked.pushAddr);
  const cases = {
    wrong: address(
      room.stream,
      secret.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
      time,
    ),
    'past its time': address(room.stream, secret, past),
    'time pushed out': address(room.stream, secret, later),
    "the neighbour's": address(room.stream, secretOf(neighbour.pushAddr), timeOf(neighbour.pushAddr)),
    "another app's": address(room.stream, secretOf(foreign.pushAddr), timeOf(foreign.pushAddr)),
    revoked: revoked.pushAddr,
    none: `${kaibo.rtmp}/live/${room.stream}`,
    'for an unknown room': address(`${apps[0].appid}-1999999999`, secret, time),
    'for an unknown app': address(`wxffffffffffffffff-${room.id}`, secret, time),
    'for a name of no shape': address('live', secret, time),
  };
  const answers = {};
  for (const [name, url] of Object.entries(cases)) {
    const { said, took } = await refusedPush(url);
    answers[name] = said;
    note(t, `${name}: FFmpeg gave up after`, took);
  }
  assert.equal(new Set(Object.values(answers)).size, 1, JSON.stringify(answers, null, 1));
  assert.equal(await apps[0].status(room.id), 102);
});

test("the anchor's page tells the true reason, without the key", async () => {
  const broadcast = await owner.broadcast(apps[0].appid, room.id);
  const view = await broadcast.view();
  assert.equal(view.lastRefusal.reason, 'wrong_key');
});

test('a second encoder with a valid key is told that one is there', { timeout: seconds(60) }, async (t) => {
  const encoder = new Publisher(room.pushAddr);
  t.after(() => encoder.kill());
  await encoder.good();
  await until('the room is live', async () => (await apps[0].status(room.id)) === 101);
  const { said } = await refusedPush(room.pushAddr);
  const { said: stranger } = await refusedPush(room.pushAddr.replace(/txSecret=./, 'txSecret=g'));
  assert.notEqual(said, stranger);
  assert.equal(await apps[0].status(room.id), 101);
});

test('revoking cuts the encoder that uses the key', { timeout: seconds(60) }, async (t) => {
  const cut = await apps[0].room({ dueIn: minutes(15), name: '中途换密钥' });
  const encoder = new Publisher(cut.pushAddr);
  t.after(() => encoder.kill());
  await encoder.good();
  await until('the room is live', async () => (await apps[0].status(cut.id)) === 101);
  const renewed = await owner.revokePush(apps[0].appid, cut.id);
  const revokedAt = performance.now();
  await encoder.exited;
  note(t, 'encoder cut after the key was revoked', performance.now() - revokedAt);
  await refusedPush(cut.pushAddr);
  const again = new Publisher(renewed.push.address);
  t.after(() => again.kill());
  await again.good();
});

test('no key is in the log, the figures or any answer', { timeout: seconds(60) }, async () => {
  const secrets = new Set();
  for (const app of apps) {
    secrets.add(app.secret);
    for (const { roomid } of await app.allRooms()) {
      const { push } = await owner.access(app.appid, roomid);
      secrets.add(secretOf(push.address));
    }
  }
  secrets.add(secretOf(room.pushAddr));
  const metrics = await fetch(`${kaibo.http}/metrics`, {
    headers: { authorization: `Bearer ${METRICS_TOKEN}` },
  });
  assert.equal(metrics.status, 200);
  const page = async (route) => (await fetch(kaibo.http + route)).text();
  const places = {
    log: kaibo.log,
    output: kaibo.out,
    metrics: await metrics.text(),
    getliveinfo: JSON.stringify(await apps[0].liveInfo()),
    'viewer API': await page(`/v1/rooms/${room.id}`),
    'room page': await page(`/r/${room.id}`),
    ready: await page('/readyz'),
  };
  assert.ok(
    places.log.includes(room.stream) && places.metrics.includes('kaibo_'),
    'there is something to search',
  );
  for (const [place, content] of Object.entries(places)) {
    for (const secret of secrets) assert.ok(!content.includes(secret), `${place} holds a secret`);
    assert.doesNotMatch(content, /txSecret=[0-9a-f]/, place);
  }
});

test('figures need their token', async () => {
  assert.equal((await fetch(`${kaibo.http}/metrics`)).status, 401);
});
