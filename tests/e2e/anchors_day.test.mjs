// An anchor's first day: refused, verified on a phone, approved in the console, the device enrolled with the PIN, live.
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
  ownerOf,
  pageStatus,
  seconds,
  shoot,
} from './harness.mjs';

const WHO = 'anchor_linxia';
// The example of GB 11643-1999, nobody's.
const NUMBER = '11010519491231002X';
const PIN = '730164';

const kaibo = await Kaibo.start();
after(() => kaibo.close());
const wechat = await WeChat.open(kaibo.http, await kaibo.app());
const owner = await ownerOf(kaibo);
const browser = await Browser.start();
after(() => browser.close());

/** A page of the console, logged in. */
async function consolePage(path) {
  const page = await browser.page('desktop');
  const [name, value] = owner.cookie.split('=');
  const cookie = { name, value, url: kaibo.http, httpOnly: true, sameSite: 'Strict' };
  await page.context().addCookies([cookie]);
  await page.goto(`${kaibo.http}/console/apps/${wechat.appid}/${path}`);
  return page;
}

/** Fills the verification form in, the number as given. */
async function fillIn(page, number) {
  await page.getByTestId('identity-name').fill('林小夏');
  await page.getByTestId('identity-number').fill(number);
  await page.getByTestId('identity-pin').fill(PIN);
  await page.getByTestId('identity-pin-again').fill(PIN);
  await page.getByTestId('identity-consent').check();
  await page.getByTestId('identity-submit').click();
}

test('refused, verified, enrolled, live', { timeout: seconds(180) }, async (t) => {
  const plan = { anchorWechat: WHO, name: '新主播的第一场' };
  const refused = await wechat.createRoom(plan);
  assert.equal(refused.errcode, 300036);

  const phone = await browser.page('phone');
  await phone.goto(refused.qrcode_url);
  await phone.locator('[data-testid="verify-state"][data-state="pending"]').waitFor();
  await phone.getByTestId('identity-submit').click();
  await phone.getByTestId('identity-error-consent').waitFor();
  await fillIn(phone, '110105194912310021');
  await phone.getByTestId('identity-error-number').waitFor();
  await shoot(phone, 'verify-form');
  assert.ok(await fits(phone));
  await fillIn(phone, NUMBER);
  await phone.locator('[data-testid="verify-state"][data-state="submitted"]').waitFor();
  assert.doesNotMatch(await phone.content(), new RegExp(NUMBER));

  const desk = await consolePage('anchors');
  const card = desk.locator('[data-testid="submission"][data-state="open"]');
  await card.getByTestId('submission-reject').click();
  await card.getByTestId('submission-reason').fill('姓名与证件不符');
  await card.getByTestId('dialog-confirm').click();
  await phone.getByTestId('verify-reason').getByText('姓名与证件不符').waitFor();
  await fillIn(phone, NUMBER);
  await phone.locator('[data-testid="verify-state"][data-state="submitted"]').waitFor();

  await desk.reload();
  assert.equal(await card.getByTestId('submission-number').textContent(), '110*************2X');
  await card.getByTestId('submission-reveal').click();
  await card.getByTestId('submission-reason').fill('与身份证原件核对');
  await card.getByTestId('dialog-confirm').click();
  assert.equal(await card.getByTestId('submission-full').textContent(), NUMBER);
  await card.getByTestId('dialog-confirm').click();
  await shoot(desk, 'anchors-queue');
  await card.getByTestId('submission-approve').click();
  await card.getByTestId('dialog-confirm').click();
  await phone.locator('[data-testid="verify-state"][data-state="verified"]').waitFor();
  await shoot(phone, 'verify-done');

  const room = await wechat.room({ ...plan, dueIn: minutes(180) });
  await desk.goto(`${kaibo.http}/console/apps/${wechat.appid}/rooms/${room.id}`);
  await desk.getByTestId('code-make').click();
  await desk.getByTestId('broadcast-code-link-show').click();
  const link = await desk.getByTestId('broadcast-code-link').textContent();
  const device = await browser.page('phone');
  await device.goto(link);
  await device.getByTestId('enrol-pin').fill('730165');
  await device.getByTestId('enrol-submit').click();
  await device.getByTestId('enrol-problem').waitFor();
  await device.getByTestId('enrol-pin').fill(PIN);
  await shoot(device, 'enrol');
  assert.ok(await fits(device));
  await device.getByTestId('enrol-submit').click();
  await device.getByTestId('room-name').waitFor();

  const stranger = await browser.page('phone');
  await stranger.goto(link);
  await stranger.getByTestId('trouble-badCode').waitFor();
  await stranger.goto(device.url());
  await stranger.getByTestId('trouble-badDevice').waitFor();

  const encoder = new Publisher(room.pushAddr);
  t.after(() => encoder.kill());
  await device.getByTestId('start').click();
  await pageStatus(device, 101);
  const viewer = await browser.page('desktop');
  await viewer.goto(`${kaibo.http}/r/${room.id}`);
  await moves(viewer, 'video');

  await desk.goto(`${kaibo.http}/console/apps/${wechat.appid}/people`);
  await desk.locator(`[data-testid="person"][data-id="${WHO}"]`).waitFor();
  await shoot(desk, 'people');
  await desk.goto(`${kaibo.http}/console/apps/${wechat.appid}/anchors`);
  const row = desk.getByTestId('anchor').filter({ hasText: WHO });
  await row.getByTestId('anchor-devices').click();
  await desk.getByTestId('device-revoke').click();
  await device.reload();
  await device.getByTestId('trouble-badDevice').waitFor();
  assert.deepEqual(browser.troubles, []);
});
