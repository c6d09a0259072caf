// An owner invites an operator, who joins by the link, sees their app alone, sets up two-step verification,
// and logs in with a code.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, test } from 'node:test';
import { Browser, Kaibo, fits, ownerOf, seconds, shoot, step } from './harness.mjs';

const PASSWORD = '花开富贵-2026-kaibo';
const kaibo = await Kaibo.start();
after(() => kaibo.close());
const browser = await Browser.start();
after(() => browser.close());

/** What an authenticator shows (RFC 6238). */
function code(secret, at = Date.now()) {
  const bits = [...secret].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const key = Buffer.from(
    bits
      .join('')
      .match(/.{8}/g)
      .map((byte) => parseInt(byte, 2)),
  );
  const counter = Buffer.alloc(8);
  counter.writeBigInt64BE(BigInt(Math.floor(at / 30_000)));
  const digest = createHmac('sha1', key).update(counter).digest();
  const number = digest.readUInt32BE(digest[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

async function look(page, name) {
  await shoot(page, `users-${name}`, { fullPage: true });
  await page.setViewportSize({ width: 360, height: 780 });
  assert.ok(await fits(page), `${name} is wider than the screen`);
}

async function logIn(page, name, password) {
  await page.goto(`${kaibo.http}/console/`);
  await page.getByTestId('login-name').fill(name);
  await page.getByTestId('login-password').fill(password);
  await page.getByTestId('login-submit').click();
}

test('an operator joins, sees one app, and logs in with a code', { timeout: seconds(120) }, async (t) => {
  const owner = await ownerOf(kaibo);
  const shop = await owner.call('POST', '/v1/apps', { name: '花店' });
  const other = await owner.call('POST', '/v1/apps', { name: '书店' });
  const page = await browser.page('phone');
  t.after(() => page.context().close());
  let link;
  let secret;

  await step(t, 'the owner invites', async () => {
    await logIn(page, 'owner', owner.password);
    await page.getByTestId('nav-users').click();
    await page.getByTestId('user').waitFor();
    await page.getByTestId('user-invite').click();
    await page.getByTestId('dialog-confirm').click();
    await page.getByTestId('error-user-name').waitFor();
    await page.getByTestId('field-user-name').fill('小王');
    await page.getByTestId(`user-app-${shop.appid}`).check();
    await look(page, 'invite');
    await page.getByTestId('dialog-confirm').click();
    link = await page.getByTestId('user-link').inputValue();
    assert.match(link, /\/console\/invitation#\S{32}$/);
    await look(page, 'link');
    await page.getByTestId('dialog-confirm').click();
    await page.locator('[data-testid="user"][data-state="invited"]').waitFor();
    await look(page, 'list');
  });

  const phone = await browser.page('phone');
  t.after(() => phone.context().close());

  await step(t, 'the operator joins and sees one app', async () => {
    await phone.goto(link);
    await phone.getByTestId('join-password').fill('short');
    await phone.getByTestId('join-submit').click();
    await phone.getByText('密码至少 10 位').waitFor();
    await look(phone, 'join');
    await phone.getByTestId('join-password').fill(PASSWORD);
    await phone.getByTestId('join-submit').click();
    await phone.getByTestId('rooms-empty').waitFor();
    assert.match(phone.url(), new RegExp(shop.appid));
    assert.equal(await phone.getByTestId('nav-users').count(), 0);
    await phone.goto(`${kaibo.http}/console/apps/${other.appid}/rooms`);
    await phone.getByRole('link', { name: '返回首页' }).or(phone.locator('.kc-empty h2')).first().waitFor();
    assert.equal(await phone.getByTestId('rooms-empty').count(), 0);
    const late = await browser.page('phone');
    await late.goto(link);
    await late.getByTestId('join-closed').waitFor();
    await late.context().close();
  });

  await step(t, 'sets up two-step verification', async () => {
    await phone.goto(`${kaibo.http}/console/`);
    await phone.getByTestId('nav-account').click();
    await phone.getByTestId('totp-password').fill('wrong wrong wrong');
    await phone.getByTestId('totp-go').click();
    await phone.getByTestId('error-proof').waitFor();
    await look(phone, 'account');
    await phone.getByTestId('totp-password').fill(PASSWORD);
    await phone.getByTestId('totp-go').click();
    secret = await phone.getByTestId('totp-secret').textContent();
    await look(phone, 'secret');
    await phone.getByTestId('totp-code').fill(code(secret));
    await phone.getByTestId('totp-on').click();
    await phone.getByTestId('recovery').waitFor();
    assert.equal(await phone.locator('.kc-account-codes li').count(), 10);
    await look(phone, 'recovery');
    await phone.getByTestId('recovery-kept').click();
    await phone.getByTestId('totp-is-on').waitFor();
  });

  await step(t, 'logs out and in with the next code', async () => {
    await phone.getByTestId('logout').click();
    await phone.getByTestId('login-name').waitFor();
    await logIn(phone, '小王', PASSWORD);
    await phone.getByTestId('login-code').waitFor();
    await look(phone, 'code');
    // The code that turned it on was used: the next step's counts already.
    await phone.getByTestId('login-code').fill(code(secret, Date.now() + 30_000));
    await phone.getByTestId('login-submit').click();
    await phone.getByTestId('rooms-empty').waitFor();
  });

  await step(t, 'the owner shuts the operator out at once', async () => {
    await page.reload();
    const row = page.locator('[data-testid="user"]', { hasText: '小王' });
    await row.getByTestId('user-edit').click();
    await page.getByTestId('user-disabled').check();
    await look(page, 'edit');
    await page.getByTestId('dialog-confirm').click();
    await page.locator('[data-testid="user"][data-state="disabled"]').waitFor();
    await phone.reload();
    await phone.getByTestId('login-name').waitFor();
  });
  assert.deepEqual(browser.troubles, []);
});
