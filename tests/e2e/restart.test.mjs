// A server that dies on air, comes back, and is told to go.
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, test } from 'node:test';
import { Kaibo, Publisher, WeChat, bodyEnd, freshFolder, minutes, note, seconds, until } from './harness.mjs';

const folder = await freshFolder();
let kaibo = await Kaibo.start({ folder });
after(async () => {
  await kaibo.close();
  await rm(folder, { recursive: true, force: true });
});
const app = await kaibo.app();

/** The merchant's side after a restart, which has other ports. */
async function room(wechat, id) {
  const { pushAddr } = await wechat.pushUrl(id);
  return { id, stream: `${app.appid}-${id}`, pushAddr };
}

test(
  'a room on air is lost when its server died, and goes on with the stream',
  { timeout: seconds(90) },
  async (t) => {
    let wechat = await WeChat.open(kaibo.http, app);
    const { id, pushAddr } = await wechat.room({ dueIn: minutes(15) });
    const first = new Publisher(pushAddr);
    t.after(() => first.kill());
    await first.good();
    await until('live', async () => (await wechat.status(id)) === 101);
    await kaibo.killHard();
    await first.exited;

    kaibo = await Kaibo.start({ folder });
    const readyAt = performance.now();
    wechat = await WeChat.open(kaibo.http, app);
    assert.equal(await wechat.status(id), 101, 'not lost before its time');
    await until('lost', async () => (await wechat.status(id)) === 106, { within: seconds(15) });
    const lost = performance.now() - readyAt;
    note(t, '106 after the server was ready again', lost);
    assert.ok(lost >= 8000 && lost <= 11_500, `${lost} ms`);

    const { startedAt } = await (await fetch(`${kaibo.http}/v1/rooms/${id}`)).json();
    const again = new Publisher((await room(wechat, id)).pushAddr);
    t.after(() => again.kill());
    await again.good();
    await until('live again', async () => (await wechat.status(id)) === 101);
    const view = await (await fetch(`${kaibo.http}/v1/rooms/${id}`)).json();
    assert.equal(view.startedAt, startedAt, 'the same broadcast');
  },
);

test('one folder has one server', async () => {
  await assert.rejects(Kaibo.start({ folder }), /another kaibo server runs/);
  assert.equal((await fetch(`${kaibo.http}/readyz`)).status, 200);
});

test('SIGTERM ends encoders and viewers properly, and the server', { timeout: seconds(60) }, async (t) => {
  const wechat = await WeChat.open(kaibo.http, app);
  const { stream, id, pushAddr } = await wechat.room({ dueIn: minutes(15), name: '关机前的一场' });
  const encoder = new Publisher(pushAddr);
  t.after(() => encoder.kill());
  await encoder.good();
  await until('live', async () => (await wechat.status(id)) === 101);
  const flv = await bodyEnd(`${kaibo.http}/live/${stream}.flv`);
  await flv.first;
  const page = await fetch(`${kaibo.http}/v1/rooms/${id}/events`);
  const feed = page.body.pipeTo(new WritableStream());
  const from = performance.now();
  assert.equal(await kaibo.stop(), 0);
  note(t, 'SIGTERM to the end', performance.now() - from);
  assert.ok((await flv.end).clean);
  await feed;
  await encoder.exited;
  assert.match(kaibo.log, /stopped/);
});
