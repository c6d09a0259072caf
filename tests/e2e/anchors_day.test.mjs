// An anchor's first day: refused, verified, approved, enrolled with a phone, on air.
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
  step,
} from './harness.mjs';

const ANCHOR = 'xiaolin_2026';
const NAME = '林晓';
const PIN = '482615';

const kaibo = await Kaibo.start();
after(() => kaibo.close());
const app = await kaibo.app();
const wechat = await WeChat.open(kaibo.http, { ...app, anchor: ANCHOR });
const owner = await ownerOf(kaibo);
const browser = await Browser.start();
after(() => browser.close());

/** An identity number of somebody born on that day, with its check digit (GB 11643). */
function identityNumber(birth) {
  const digits = `110101${birth}002`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((sum, weight, at) => sum + weight * Number(digits[at]), 0);
  return digits + '10X98765432'[sum % 11];
}

async function look(page, name) {
  await shoot(page, `day-${name}`, { fullPage: true });
  assert.ok(await fits(page), `${name} is wider than the screen`);
}

async function fillIn(page, number) {
  await page.getByTestId('identity-name').fill(NAME);
  await page.getByTestId('identity-number').fill(number);
  await page.getByTestId('identity-pin').fill(PIN);
  await page.getByTestId('identity-pin-again').fill(PIN);
  await page.getByTestId('identity-consent').check();
}

test('an anchor’s first day', { timeout: seconds(180) }, async (t) => {
  const phone = await browser.page('phone');
  const desk = await browser.page('desktop');
  const fields = { dueIn: minutes(180), name: '小林的第一场' };
  let room;
  let verifyUrl;
  let enrolUrl;

  await step(t, 'the shop’s call is refused with a page to open', async () => {
    const refused = await wechat.createRoom(fields);
    assert.equal(refused.errcode, 300036);
    assert.equal(refused.roomId, undefined);
    verifyUrl = refused.qrcode_url;
  });

  await step(t, 'the anchor fills in who they are', async () => {
    await phone.goto(verifyUrl);
    await phone.getByTestId('identity-form').waitFor();
    await look(phone, 'verify');
    // Fifteen years old: refused, whatever else is right.
    const young = new Date(Date.now() - 15 * 365 * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
    await fillIn(phone, identityNumber(young));
    await phone.getByTestId('identity-submit').click();
    await phone.getByTestId('identity-error-number').waitFor();
    await look(phone, 'verify-too-young');
    await fillIn(phone, identityNumber('19950614'));
    await phone.getByTestId('identity-submit').click();
    await phone.locator('[data-testid="verify-state"][data-state="submitted"]').waitFor();
    await look(phone, 'verify-submitted');
  });

  await step(t, 'an operator looks at it and approves', async () => {
    await desk.goto(`${kaibo.http}/console/`);
    await desk.getByTestId('login-name').fill('owner');
    await desk.getByTestId('login-password').fill(owner.password);
    await desk.getByTestId('login-submit').click();
    await desk.getByTestId('login-submit').waitFor({ state: 'detached' });
    await desk.goto(`${kaibo.http}/console/apps/${app.appid}/anchors`);
    await desk.getByTestId('submission').waitFor();
    const masked = await desk.getByTestId('submission-number').textContent();
    assert.ok(masked.includes('*') && !masked.includes('19950614'), masked);
    await look(desk, 'approve');
    await desk.getByTestId('submission-approve').click();
    await desk.getByTestId('dialog-confirm').click();
    await desk.locator('[data-testid="anchor"][data-state="verified"]').nth(1).waitFor();
    await phone.reload();
    await phone.locator('[data-testid="verify-state"][data-state="verified"]').waitFor();
    await look(phone, 'verified');
  });

  await step(t, 'now the shop gets its room, and the operator a code', async () => {
    room = await wechat.room(fields);
    await desk.goto(`${kaibo.http}/console/apps/${app.appid}/rooms/${room.id}`);
    await desk.getByTestId('code-make').click();
    await desk.getByTestId('broadcast-code-link-show').click();
    enrolUrl = await desk.getByTestId('broadcast-code-link').textContent();
    await look(desk, 'code');
  });

  await step(t, 'the phone is enrolled by code and PIN, once', async () => {
    await phone.goto(enrolUrl);
    await phone.getByTestId('enrol-pin').fill('000000');
    await phone.getByTestId('enrol-submit').click();
    await phone.getByTestId('enrol-problem').waitFor();
    await look(phone, 'enrol');
    await phone.getByTestId('enrol-pin').fill(PIN);
    await phone.getByTestId('enrol-submit').click();
    await phone.getByTestId('room-name').waitFor();
    assert.equal(new URL(phone.url()).pathname, `/a/${room.id}`);
    await look(phone, 'studio');
    const other = await browser.page('phone');
    await other.goto(enrolUrl);
    await other.getByTestId('trouble-badCode').waitFor();
    await other.context().close();
  });

  await step(t, 'on air, and seen', async () => {
    await phone.getByTestId('push-key-show').click();
    const server = await phone.getByTestId('push-server').textContent();
    const key = await phone.getByTestId('push-key').textContent();
    const encoder = new Publisher(`${server}/${key}`);
    t.after(() => encoder.kill());
    await phone.locator('[data-testid="stream"][data-stream="good"]').waitFor({ timeout: seconds(20) });
    await phone.getByTestId('start').click();
    await pageStatus(phone, 101);
    const viewer = await browser.page('phone');
    await viewer.goto(`${kaibo.http}/r/${room.id}`);
    await pageStatus(viewer, 101);
    await moves(viewer);
    await look(phone, 'live');
    await shoot(viewer, 'day-viewer');
  });
  assert.deepEqual(browser.troubles, []);
});
