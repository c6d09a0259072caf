// Merchants' SDKs as they are: forms, numbers as text, and the answer that leads to a page.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Browser, Kaibo, WeChat, fits, minutes, png, roomFields, seconds, shoot } from './harness.mjs';

const kaibo = await Kaibo.start();
after(() => kaibo.close());
const RID = / rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/;
const wechat = await WeChat.open(kaibo.http, await kaibo.app());

const fields = (rest) => roomFields({ anchor: wechat.anchor, image: wechat.image, ...rest });

test('a PHP SDK creates a room with a form', async () => {
  const form = Object.fromEntries(
    Object.entries(fields({ name: '表单创建的专场' })).map(([key, value]) => [key, String(value)]),
  );
  const made = await wechat.json(`/wxaapi/broadcast/room/create?access_token=${wechat.token}`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  assert.equal(made.errcode, 0, JSON.stringify(made));
  assert.equal(typeof made.roomId, 'number');
  assert.ok(made.roomId > 0 && made.roomId < 2 ** 31);
});

test('numbers may be text, keys may be unknown, the content type may be odd or missing', async () => {
  const body = fields({ name: '数字写成文本' });
  for (const key of ['startTime', 'endTime', 'type', 'closeLike', 'closeGoods', 'closeComment'])
    body[key] = String(body[key]);
  Object.assign(body, { screenType: '1', anchorImg: '', merchantId: 7 });
  for (const headers of [
    { 'content-type': "application/json;charset='utf-8'" },
    { 'content-type': 'text/plain' },
    {},
  ]) {
    const made = await wechat.json(`/wxaapi/broadcast/room/create?access_token=${wechat.token}`, {
      method: 'POST',
      headers,
      body: new TextEncoder().encode(JSON.stringify(body)),
    });
    assert.equal(made.errcode, 0, JSON.stringify(made));
  }
});

test('the list has the keys and the order that SDKs read', async () => {
  const late = await wechat.room({ dueIn: minutes(600), name: '最晚的一场' });
  const page = await wechat.post('/wxa/business/getliveinfo', { start: '0', limit: '80' });
  assert.equal(page.errcode, 0);
  assert.equal(page.errmsg, 'ok');
  assert.equal(page.room_info[0].roomid, late.id);
  const starts = page.room_info.map((room) => room.start_time);
  assert.deepEqual(
    starts,
    starts.toSorted((a, b) => b - a),
  );
  const row = page.room_info[0];
  for (const key of [
    'close_like',
    'close_goods',
    'close_comment',
    'close_kf',
    'close_replay',
    'is_feeds_public',
    'live_type',
  ])
    assert.ok(row[key] === 0 || row[key] === 1, key);
  assert.deepEqual(row.goods, []);
  const cover = await fetch(row.cover_img);
  assert.equal(cover.status, 200);
  assert.equal(cover.headers.get('content-type'), 'image/png');
  // Written anew, so the same picture in other bytes.
  const size = (file) => file.subarray(16, 24);
  assert.deepEqual(size(Buffer.from(await cover.arrayBuffer())), size(png()));
});

test('a room is edited with the addresses of its pictures, then deleted', async () => {
  const room = await wechat.room({ name: '要改的专场' });
  const rows = await wechat.allRooms();
  const row = rows.find((one) => one.roomid === room.id);
  const edited = await wechat.post('/wxaapi/broadcast/room/editroom', {
    ...fields({ name: '改好的专场', dueIn: minutes(30) }),
    id: room.id,
    coverImg: row.cover_img,
    shareImg: row.share_img,
    feedsImg: row.feeds_img,
  });
  assert.equal(edited.errcode, 0, JSON.stringify(edited));
  assert.equal((await wechat.allRooms()).find((one) => one.roomid === room.id).name, '改好的专场');
  assert.equal((await wechat.post('/wxaapi/broadcast/room/deleteroom', { id: String(room.id) })).errcode, 0);
  assert.equal(await wechat.status(room.id), undefined);
  assert.equal((await fetch(`${kaibo.http}/v1/rooms/${room.id}`)).status, 404);
  assert.equal((await wechat.pushUrl(room.id)).errcode, 300022);
});

test('refusals carry code and rid', async () => {
  const cases = [
    [await wechat.createRoom({ name: '短' }), 300002],
    [await wechat.createRoom({ dueIn: minutes(5) }), 200002],
    [await wechat.createRoom({ coverImg: 'no-such-media' }), 300031],
    [await wechat.post('/wxaapi/broadcast/goods/unheard-of', {}), 40066],
    [
      await wechat.json('/wxa/business/getliveinfo?access_token=wrong', { method: 'POST', body: '{}' }),
      40001,
    ],
    [
      await wechat.json('/cgi-bin/token?grant_type=client_credential&appid=wx0000000000000000&secret=x'),
      40013,
    ],
  ];
  for (const [answer, errcode] of cases) {
    assert.equal(answer.errcode, errcode, JSON.stringify(answer));
    assert.match(answer.errmsg, RID);
  }
});

test(
  'an unverified anchor is led to a page that turns when the command line verifies',
  { timeout: seconds(60) },
  async (t) => {
    const refused = await wechat.createRoom({ anchorWechat: 'anchor_newcomer', name: '新人首播专场' });
    assert.equal(refused.errcode, 300036);
    assert.equal(refused.roomId, undefined);
    assert.match(refused.errmsg, RID);
    assert.ok(refused.qrcode_url.startsWith(`${kaibo.http}/verify/`), refused.qrcode_url);

    const browser = await Browser.start();
    t.after(() => browser.close());
    const page = await browser.page('phone');
    await page.goto(refused.qrcode_url);
    await page.locator('[data-testid="verify-state"][data-state="pending"]').waitFor();
    const shown = await page.getByTestId('verify-id').textContent();
    assert.match(shown, /\*/);
    assert.doesNotMatch(await page.content(), /anchor_newcomer/);
    await shoot(page, 'verify-pending');
    assert.ok(await fits(page));

    await kaibo.cli('anchor', 'verify', '--appid', wechat.appid, 'anchor_newcomer');
    await page.locator('[data-testid="verify-state"][data-state="verified"]').waitFor();
    await shoot(page, 'verify-verified');
    const made = await wechat.createRoom({ anchorWechat: 'anchor_newcomer', name: '新人首播专场' });
    assert.equal(made.errcode, 0, JSON.stringify(made));
    assert.deepEqual(browser.troubles, []);
  },
);

test('a token is the same for stable callers', async () => {
  const ask = () =>
    wechat.json('/cgi-bin/stable_token', {
      method: 'POST',
      body: JSON.stringify({ grant_type: 'client_credential', appid: wechat.appid, secret: wechat.secret }),
    });
  const first = await ask();
  assert.ok(first.access_token && first.expires_in <= 7200 && first.expires_in >= 300);
  assert.equal((await ask()).access_token, first.access_token);
});
