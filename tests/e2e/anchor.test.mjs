// The anchor alone, with nothing but the broadcast code: enrol the device, fill in OBS, look at the picture, start, end.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  Browser,
  Kaibo,
  Publisher,
  WeChat,
  fits,
  minutes,
  moves,
  note,
  ownerOf,
  pageStatus,
  refusedPush,
  seconds,
  shoot,
} from './harness.mjs';

const kaibo = await Kaibo.start();
after(() => kaibo.close());
const wechat = await WeChat.open(kaibo.http, await kaibo.app());
const owner = await ownerOf(kaibo);
const browser = await Browser.start();
after(() => browser.close());

test('the anchor runs a whole broadcast from the code', { timeout: seconds(120) }, async (t) => {
  const room = await wechat.room({ dueIn: minutes(180), name: '主播自己开的一场' });
  const broadcast = await owner.broadcast(wechat.appid, room.id);
  const { code } = broadcast;
  const page = await browser.page('phone');
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await broadcast.open(page);
  await page.getByTestId('room-name').waitFor();
  assert.equal(new URL(page.url()).pathname, `/a/${room.id}`);
  const viewer = await browser.page('desktop');
  await viewer.goto(`${kaibo.http}/r/${room.id}`);
  await pageStatus(viewer, 102);

  const server = await page.getByTestId('push-server').textContent();
  assert.equal(server, `${kaibo.rtmp}/live`);
  assert.doesNotMatch(await page.getByTestId('push-key').textContent(), /txSecret/, 'hidden until asked for');
  await page.getByTestId('push-key-show').click();
  const key = await page.getByTestId('push-key').textContent();
  assert.match(key, new RegExp(`^${room.stream}\\?txSecret=[0-9a-f]{32}&txTime=`));
  await page.getByTestId('push-key-show').click();
  assert.equal(await page.getByTestId('stream').getAttribute('data-stream'), 'none');
  assert.equal(
    await page.getByTestId('preview').getAttribute('data-phase'),
    'none',
    'no player before a picture',
  );
  await shoot(page, 'anchor-102');
  assert.ok(await fits(page), 'nothing sticks out');

  await refusedPush(`${server}/${key.replace(/txSecret=./, 'txSecret=g')}`);
  await page.locator('[data-testid="last-refusal"][data-reason="wrong_key"]').waitFor();
  await shoot(page, 'anchor-refusal');

  // OBS joins both fields as FFmpeg does here.
  const encoder = new Publisher(`${server}/${key}`);
  t.after(() => encoder.kill());
  await page.locator('[data-testid="stream"][data-stream="good"]').waitFor({ timeout: seconds(20) });
  await moves(page, '[data-testid="preview"] video');
  await pageStatus(page, 102);
  await page.getByTestId('start').click();
  const clicked = performance.now();
  note(t, 'live on the viewer’s page after the button', (await pageStatus(viewer, 101)) - clicked);
  await pageStatus(page, 101);
  await moves(viewer);
  await shoot(page, 'anchor-101');
  await shoot(viewer, 'room-101-wide');

  await page.getByTestId('end').click();
  await page.getByTestId('dialog-confirm').waitFor();
  await shoot(page, 'anchor-end-ask');
  await page.getByTestId('dialog-confirm').click();
  await pageStatus(page, 103);
  await pageStatus(viewer, 103);
  await encoder.exited;
  assert.equal(await wechat.status(room.id), 103);
  await shoot(page, 'anchor-103');

  const calls = asked.filter((one) => new URL(one).pathname.startsWith('/v1/'));
  assert.ok(
    calls.length > 0 && calls.every((one) => !one.includes(code)),
    'the code is in no address of a call',
  );
  assert.deepEqual(browser.troubles, []);
});

test(
  'start before the picture is there: armed, and the next good stream begins',
  { timeout: seconds(60) },
  async (t) => {
    const room = await wechat.room({ dueIn: minutes(180), name: '先点开始再推流' });
    const broadcast = await owner.broadcast(wechat.appid, room.id);
    const page = await browser.page('phone');
    await broadcast.open(page);
    await page.getByTestId('start').click();
    await page.getByTestId('armed').waitFor();
    assert.equal(await wechat.status(room.id), 102);
    const encoder = new Publisher(room.pushAddr);
    t.after(() => encoder.kill());
    await pageStatus(page, 101);
  },
);

test('a wrong code opens nothing', async () => {
  const page = await browser.page('phone');
  await page.goto(`${kaibo.http}/a/no-such-code`);
  await page.getByTestId('trouble-badCode').waitFor();
  await shoot(page, 'anchor-bad-code');
});
