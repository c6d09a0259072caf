// A shop's owner on the first day: set-up link, app, anchor, room, both codes, and back in again.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Browser, Kaibo, Publisher, fits, moves, pageStatus, png, seconds, shoot, step } from './harness.mjs';

const PASSWORD = '花开富贵-2026-kaibo';
const SIZES = { phone: '窄屏小店', desktop: '宽屏小店' };
const kaibo = await Kaibo.start();
after(() => kaibo.close());
const browser = await Browser.start();
after(() => browser.close());

/** Every page is looked at, and nothing may stick out on a phone. */
async function look(page, name, size, fullPage = true) {
  await shoot(page, `console-${name}`, { sizes: [size], fullPage });
  assert.ok(await fits(page), `${name} is wider than the screen`);
}

const localField = (time) => new Date(time + 8 * 3_600_000).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length);

async function logIn(page, password = PASSWORD) {
  await page.getByTestId('login-name').fill('老板娘');
  await page.getByTestId('login-password').fill(password);
  await page.getByTestId('login-submit').click();
}

test('the set-up link makes the owner once', { timeout: seconds(60) }, async () => {
  const { link } = await kaibo.setup();
  const page = await browser.page('phone');
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url())));
  await page.goto(link);
  await page.getByTestId('setup-name').fill('老板娘');
  await page.getByTestId('setup-password').fill('short');
  await page.getByTestId('setup-submit').click();
  await page.getByText('密码至少 10 位').waitFor();
  await look(page, 'setup', 'phone');
  await shoot(page, 'console-setup', { sizes: ['desktop'] });
  await page.getByTestId('setup-password').fill(PASSWORD);
  await page.getByTestId('setup-password-again').fill(PASSWORD);
  await page.getByTestId('setup-submit').click();
  await page.getByTestId('app-create').waitFor();
  await page.context().close();

  const late = await browser.page('phone');
  await late.goto(link);
  await late.getByTestId('setup-closed').waitFor();
  await late.context().close();
});

for (const [size, shop] of Object.entries(SIZES)) {
  test(`${size}: from the first app to a live room`, { timeout: seconds(120) }, async (t) => {
    const page = await browser.page(size);
    t.after(() => page.context().close());

    await step(t, 'log in; a wrong password is told', async () => {
      await page.goto(`${kaibo.http}/console/`);
      await logIn(page, 'not-the-password');
      await page.getByTestId('login-error').waitFor();
      await look(page, 'login-error', size);
      await logIn(page);
      await page.getByTestId('login-submit').waitFor({ state: 'detached' });
    });

    await step(t, 'make an app; its secret is shown once', async () => {
      await page.goto(`${kaibo.http}/console/apps/new`);
      await page.locator('input[data-testid="app-name"]').fill(shop);
      await look(page, 'app-new', size);
      await page.getByTestId('app-create').click();
      const secret = await page.getByTestId('app-secret').textContent();
      assert.match(secret, /^\S{20,}$/);
      await look(page, 'app-made', size);
      await page.getByTestId('app-enter').click();
      await page.getByTestId('rooms-empty').waitFor();
      await look(page, 'rooms-empty', size);
    });

    await step(t, 'verify an anchor', async () => {
      await page.getByRole('link', { name: '主播', exact: true }).click();
      await page.getByTestId('anchor-add').fill('xiaolin_2026');
      await page.getByTestId('anchor-add-submit').click();
      await page.getByTestId('dialog-confirm').click();
      await page.locator('[data-testid="anchor"][data-state="verified"]').waitFor();
      await look(page, 'anchors', size);
    });

    await step(t, 'create a room; every rule stands at its field', async () => {
      await page.getByRole('link', { name: '直播间', exact: true }).click();
      await page.getByTestId('room-new').click();
      await page.getByTestId('field-name').fill('短');
      await page.getByTestId('field-startAt').fill(localField(Date.now() + 60_000));
      await page.getByTestId('field-endAt').fill(localField(Date.now() + 5 * 60_000));
      await page.getByTestId('field-anchorWechat').fill('nobody_knows_me');
      await page.getByTestId('save').click();
      const code = (field) => page.getByTestId(`error-${field}`).getAttribute('data-code');
      assert.equal(await code('name'), 'name_too_short');
      assert.equal(await code('startAt'), 'start_too_soon');
      assert.equal(await code('endAt'), 'length_too_short');
      assert.equal(await code('anchorName'), 'required');
      await look(page, 'room-form-errors', size);

      await page.getByTestId('field-name').fill('双十一年货节专场');
      await page.getByTestId('field-startAt').fill(localField(Date.now() + 20 * 60_000));
      await page.getByTestId('length-2h').click();
      await page.getByTestId('field-anchorName').fill('小林');
      await page.getByTestId('save').click();
      await page.getByTestId('error-anchorWechat').waitFor();
      await page.getByTestId('field-anchorWechat').fill('xiaolin_2026');
      await page
        .getByTestId('field-coverImg')
        .setInputFiles({ name: 'cover.png', mimeType: 'image/png', buffer: png(540, 960) });
      await page.locator('.kc-image-coverImg img').waitFor();
      await look(page, 'room-form', size);
      await page.getByTestId('save').click();
      await page.getByTestId('room-name').waitFor();
    });

    await step(t, 'the room with both codes; a push is seen at once', async () => {
      assert.equal(await page.getByTestId('room-name').textContent(), '双十一年货节专场');
      const viewerUrl = await page.getByTestId('viewer-code').getAttribute('data-url');
      assert.match(viewerUrl, new RegExp(`^${kaibo.http}/r/\\d+$`));
      await page.getByTestId('code-make').click();
      await page.getByTestId('broadcast-code-link-show').click();
      const anchorUrl = await page.getByTestId('broadcast-code-link').textContent();
      assert.match(anchorUrl, new RegExp(`^${kaibo.http}/a/\\S+$`));
      await page.getByTestId('broadcast-code-link-show').click();
      await look(page, 'room', size);

      await page.getByTestId('push-key-show').click();
      const server = await page.getByTestId('push-server').textContent();
      const key = await page.getByTestId('push-key').textContent();
      const encoder = new Publisher(`${server}/${key}`);
      try {
        await pageStatus(page, 101, seconds(20));
        await moves(page, '[data-testid="preview"] video');
        await page.getByTestId('push-key-show').click();
        await look(page, 'room-live', size);
        await page.getByTestId('pause').click();
        await page.getByTestId('dialog-confirm').click();
        await pageStatus(page, 105);
        await page.getByTestId('resume').click();
        await page.getByTestId('dialog-confirm').click();
        await pageStatus(page, 101);
        await page.getByTestId('end').click();
        await look(page, 'room-end-ask', size, false);
        await page.getByTestId('dialog-confirm').click();
        await pageStatus(page, 103);
        await encoder.exited;
      } finally {
        await encoder.kill();
      }
      await look(page, 'room-ended', size);
    });

    await step(t, 'how streams are sent is kept, and a wait too long is told', async () => {
      const budgets = async () =>
        (await page.evaluate(async () => (await fetch('/v1/apps')).json()))
          .filter(({ name }) => name === shop)
          .map(({ latencyBudgetMs }) => latencyBudgetMs);
      const saved = () =>
        page.waitForResponse((answer) => answer.url().endsWith('/latency-budget') && answer.status() === 204);
      await page.getByRole('link', { name: '应用设置' }).click();
      assert.ok(await page.getByRole('radio', { name: '跟随服务器设置（默认）' }).isChecked());
      await page.getByRole('radio', { name: '省资源' }).press('ArrowDown');
      const own = page.getByTestId('field-latencyBudgetMs');
      await own.fill('2001');
      await page.getByTestId('save').click();
      const error = page.getByTestId('error-latencyBudgetMs');
      assert.equal(await error.getAttribute('data-code'), 'latency_budget_too_long');
      await look(page, 'settings-error', size);
      await own.fill('250');
      await Promise.all([saved(), own.press('Enter')]);
      assert.deepEqual(await budgets(), [250]);
      await page.reload();
      await own.waitFor();
      assert.equal(await own.inputValue(), '250');
      await page.getByText('均衡：最多等 100 毫秒').click();
      await Promise.all([saved(), page.getByTestId('save').click()]);
      assert.deepEqual(await budgets(), [100]);
      await page.reload();
      await page.getByRole('radio', { name: '均衡', checked: true }).waitFor();
      await look(page, 'settings', size);
    });

    await step(t, 'the list, the help, out and in again', async () => {
      await page.getByRole('link', { name: '直播间', exact: true }).click();
      const row = page.getByTestId('room-row');
      await row.waitFor();
      assert.equal(await row.count(), 1);
      await look(page, 'rooms', size);
      await row.getByTestId('room-share').click();
      await page.getByTestId('viewer-code').waitFor();
      await page.getByTestId('poster').evaluate((poster) => poster.decode());
      await look(page, 'rooms-share', size, false);
      await page.keyboard.press('Escape');
      await page.getByRole('link', { name: '接入帮助' }).click();
      await page.getByTestId('base-url').waitFor();
      assert.equal(await page.getByTestId('base-url').textContent(), kaibo.http);
      await look(page, 'help', size);
      const inside = page.url();
      await page.getByTestId('logout').click();
      await page.getByTestId('login-submit').waitFor();
      await page.goto(inside);
      await logIn(page);
      await page.getByTestId('base-url').waitFor();
      assert.equal(page.url(), inside, 'back where the log-in was asked for');
    });

    assert.deepEqual(browser.troubles, []);
  });
}

test('the console answers nobody without a session or from another page', async () => {
  assert.equal((await fetch(`${kaibo.http}/v1/apps`)).status, 401);
  const page = await browser.page('desktop');
  await page.goto(`${kaibo.http}/console/`);
  await logIn(page);
  await page.getByTestId('app-switch').waitFor();
  const statuses = await page.evaluate(async () => {
    const post = (headers) =>
      fetch('/v1/apps', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{"name":"x"}',
      });
    return [(await post({})).status, (await post({ 'x-csrf-token': 'guess' })).status];
  });
  assert.deepEqual(statuses, [403, 403]);
  const cookies = await page.context().cookies();
  const session = cookies.find((cookie) => cookie.name === 'kaibo_session');
  assert.ok(session.httpOnly);
  assert.equal(session.sameSite, 'Strict');
});
