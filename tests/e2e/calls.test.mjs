// How an app's calls are let in, on the console's pages: the log of calls, quotas, addresses, admission.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Browser, Kaibo, WeChat, fits, ownerOf, seconds, shoot, step } from './harness.mjs';

const SIZES = ['phone', 'desktop'];
// Few enough to be seen beside a shelf of one.
const kaibo = await Kaibo.start({ env: { KAIBO_GOODS__PER_SHELF: '120' } });
after(() => kaibo.close());
const browser = await Browser.start();
after(() => browser.close());
const owner = await ownerOf(kaibo);

/** Every page is looked at, and nothing may stick out on a phone. */
async function look(page, name, size, fullPage = true) {
  await shoot(page, `calls-${name}`, { sizes: [size], fullPage });
  assert.ok(await fits(page), `${name} is wider than the screen`);
}

async function open(size, path) {
  const page = await browser.page(size);
  await page
    .context()
    .addCookies([{ name: 'kaibo_session', value: owner.cookie.split('=')[1], url: kaibo.http }]);
  await page.goto(`${kaibo.http}/console${path}`);
  return page;
}

for (const size of SIZES) {
  test(`${size}: from the first call to a limit of one's own`, { timeout: seconds(120) }, async (t) => {
    const app = await kaibo.app(`接口小店 ${size}`);
    const page = await open(size, `/apps/${app.appid}/rooms`);
    t.after(() => page.context().close());
    const rows = page.getByTestId('call');
    let wechat;
    let missed;

    await step(t, 'an app without calls is told how to make the first', async () => {
      await page.getByRole('link', { name: '接口', exact: true }).click();
      await page.getByTestId('calls-empty').waitFor();
      const first = await page.getByTestId('calls-first').textContent();
      assert.ok(first.startsWith(`curl '${kaibo.http}/cgi-bin/token?`), first);
      const [, url] = /'(.*)'/.exec(first);
      const answer = await (await fetch(url.replace('SECRET', app.secret))).json();
      assert.ok(answer.access_token, 'what the page says works');
      await look(page, 'log-empty', size);
    });

    await step(t, 'calls stand in the log, the newest first, with what their numbers mean', async () => {
      wechat = await WeChat.open(kaibo.http, app);
      await wechat.room();
      missed = await wechat.post('/wxaapi/broadcast/room/deleteroom', { id: 9_999_999 });
      assert.equal(missed.errcode, 300022);
      await wechat.createRoom({ name: '短' });
      await page.getByTestId('calls-reload').click();
      await page.locator('[data-testid="call"][data-code="300002"]').waitFor();
      const ops = await rows.evaluateAll((all) => all.map((one) => one.dataset.op));
      assert.deepEqual(ops.slice(0, 4), ['room/create', 'room/deleteroom', 'room/getpushurl', 'room/create']);
      await rows.filter({ hasText: '直播间不存在' }).waitFor();
      await rows.filter({ hasText: '127.0.0.1' }).first().waitFor();
      await look(page, 'log', size);
    });

    await step(t, 'a pasted error message finds its call alone', async () => {
      await page.getByTestId('calls-rid').fill('没有 rid 的报错');
      await page.getByTestId('calls-find').click();
      await page.getByTestId('calls-no-rid').waitFor();
      await page.getByTestId('calls-rid').fill(JSON.stringify(missed));
      await page.getByTestId('calls-find').click();
      await page.waitForFunction(() => document.querySelectorAll('[data-testid="call"]').length === 1);
      assert.equal(await rows.getAttribute('data-op'), 'room/deleteroom');
      await look(page, 'log-rid', size);
      await page.getByTestId('calls-rid').fill('6968a940-0f3c9d11-5be2a0c4');
      await page.getByTestId('calls-find').click();
      await page.getByTestId('calls-none').waitFor();
      await page.getByTestId('calls-clear').click();
      await page.getByTestId('calls-result').selectOption('failed');
      await page.waitForFunction(() => document.querySelectorAll('[data-testid="call"]').length === 2);
      await page.getByTestId('calls-op').selectOption('room/create');
      await page.waitForFunction(() => document.querySelectorAll('[data-testid="call"]').length === 1);
      assert.equal(await rows.getAttribute('data-code'), '300002');
      await page.getByTestId('calls-result').selectOption('code');
      await page.getByTestId('calls-code').fill('300022');
      await page.getByTestId('calls-code').press('Enter');
      await page.getByTestId('calls-none').waitFor();
    });

    await step(t, 'a limit of the app’s own holds at once, and is taken back', async () => {
      await page.getByTestId('tab-quota').click();
      const row = page.locator('[data-testid="quota"][data-op="getliveinfo"]');
      await row.waitFor();
      assert.match(await page.getByTestId('quota-resets').textContent(), /重置/);
      await page.getByTestId('quota-shown').selectOption('used');
      await page.locator('[data-testid="quota"][data-op="room/create"]').waitFor();
      assert.equal(await row.count(), 0, 'not called today');
      await look(page, 'quota-used', size);
      await page.getByTestId('quota-shown').selectOption('all');
      await look(page, 'quota', size, false);
      await page.getByTestId('quota-search').fill('直播间列表');
      await row.getByTestId('quota-adjust').click();
      await page.getByTestId('field-perDay').fill('一百');
      await page.getByTestId('dialog-confirm').click();
      await page.getByTestId('error-perDay').waitFor();
      await page.getByTestId('field-perDay').fill('1');
      await page.getByTestId('field-perMinute').fill('9');
      await look(page, 'quota-adjust', size, false);
      await page.getByTestId('dialog-confirm').click();
      await row.getByText('已调整').waitFor();
      assert.equal((await wechat.liveInfo()).errcode, 0);
      assert.equal((await wechat.liveInfo()).errcode, 45009);
      await page.reload();
      await row.getByText('已用完').waitFor();
      await page.getByTestId('quota-adjust-rooms').click();
      await page.getByTestId('field-maxHours').fill('25');
      await page.getByTestId('dialog-confirm').click();
      await page.getByTestId('error-maxHours').waitFor();
      await page.getByTestId('field-maxHours').fill('6');
      await page.getByTestId('dialog-confirm').click();
      await page.getByTestId('quota-hours').getByText('6 小时').waitFor();
      await look(page, 'quota-full', size, false);
      await page.getByTestId('quota-reset').click();
      await page.getByTestId('dialog-confirm').click();
      await page.getByTestId('quota-hours').getByText('12 小时').waitFor();
      assert.equal((await wechat.liveInfo()).errcode, 0);
    });

    await step(t, 'an allow-list names what is no address, and whom it would shut out', async () => {
      await page.getByTestId('tab-door').click();
      const list = page.getByTestId('field-allowedIps');
      await list.fill('203.0.113.7\n10.0.0.0/33, example.com');
      await page.getByTestId('door-save').click();
      const error = await page.getByTestId('error-allowedIps').textContent();
      assert.match(error, /10\.0\.0\.0\/33、example\.com/);
      await list.fill('203.0.113.7');
      await page.getByTestId('missing-yours').waitFor();
      await page.getByTestId('missing-callers').waitFor();
      await page.getByTestId('profile-strict').check();
      await look(page, 'door', size);
      await page.getByTestId('door-save').click();
      await page.getByText('已保存，立即生效').waitFor();
      assert.equal((await wechat.liveInfo()).errcode, 40164);
      await page.reload();
      assert.ok(await page.getByTestId('profile-strict').isChecked());
      assert.equal(await list.inputValue(), '203.0.113.7');
      await page.getByTestId('add-callers').click();
      await page.getByTestId('missing-callers').waitFor({ state: 'detached' });
      await page.getByTestId('profile-server').check();
      await page.getByTestId('door-save').click();
      await page.getByText('已保存，立即生效').waitFor();
      assert.equal((await wechat.liveInfo()).errcode, 0);
    });

    await step(t, 'admission says what is missing and by how much, until it is there', async () => {
      await page.getByTestId('tab-admission').click();
      const verdict = page.getByTestId('admission');
      const condition = (kind) => page.locator(`[data-testid="condition"][data-kind="${kind}"]`);
      const know = async (kind, date, value) => {
        await page.getByTestId('fact-add').click();
        await page.locator('select[data-testid="fact-kind"]').selectOption(kind);
        if (date) await page.locator('input[data-testid="fact-date"]').fill(date);
        const field = page.locator('.kc-fact-fields [data-testid="fact-value"]');
        if (kind === 'subject') await field.selectOption(value);
        else await field.fill(value);
      };
      const day = (ago) => new Date(Date.now() + 8 * 3_600_000 - ago * 86_400_000).toISOString().slice(0, 10);
      await page.locator('[data-admitted="true"]').waitFor();
      await page.getByTestId('policy-wechat').check();
      await page.getByTestId('admission-save').click();
      await page.locator('[data-admitted="false"]').waitFor();
      assert.equal((await wechat.liveInfo()).errcode, 48001);
      assert.equal(await page.getByTestId('condition').count(), 6);

      await know('followers', day(1), '很多');
      await page.getByTestId('dialog-confirm').click();
      await page.getByTestId('error-fact-value').waitFor();
      await page.locator('.kc-fact-fields [data-testid="fact-value"]').fill('41');
      await look(page, 'admission-fact', size, false);
      await page.getByTestId('dialog-confirm').click();
      await condition('followers').getByText('还差 60 人').waitFor();
      await know('payment', day(0), '3');
      await page.getByTestId('dialog-confirm').click();
      await condition('payment').getByText('起生效').waitFor();
      await know('subject', null, '1');
      await page.getByTestId('dialog-confirm').click();
      await condition('subject').getByText('未申报经营类目').waitFor();
      await know('adSpend', day(2), '7500.50');
      await page.getByTestId('dialog-confirm').click();
      await condition('adSpend').getByText('还差 2,499.5 元').waitFor();
      await know('activeUsers', day(1), Array(6).fill(150).join('\n'));
      await page.getByTestId('dialog-confirm').click();
      await condition('activeUsers').getByText('还差 101 人次').waitFor();
      await know('activeUsers', day(7), '101');
      await page.getByTestId('dialog-confirm').click();
      await condition('activeUsers').getByText('已满足').waitFor();
      await look(page, 'admission', size);

      await page.getByTestId('field-category').selectOption({ label: '食品' });
      await page.getByTestId('policy-custom').check();
      await page.getByTestId('threshold-followersOver').fill('40');
      await page.getByTestId('threshold-paymentDays').fill('');
      await look(page, 'admission-custom', size, false);
      await page.getByTestId('admission-save').click();
      await page.locator('[data-admitted="true"]').waitFor();
      assert.equal(await condition('followers').getAttribute('data-holds'), 'true');
      assert.equal(await condition('payment').count(), 0, 'not asked for any more');
      assert.equal((await wechat.liveInfo()).errcode, 0);
      assert.equal(await verdict.count(), 1);
    });

    assert.deepEqual(browser.troubles, []);
  });
}

test('a room’s page says who made it, and how much its shelf holds', { timeout: seconds(60) }, async (t) => {
  const app = await kaibo.app('创建者小店');
  const wechat = await WeChat.open(kaibo.http, app);
  const made = await wechat.createRoom({ createrWechat: 'shop_keeper' });
  const page = await open('desktop', `/apps/${app.appid}/rooms/${made.roomId}`);
  t.after(() => page.context().close());
  await page.locator('.kc-facts').getByText('shop_keeper').waitFor();
  assert.equal(await page.getByTestId('shelf-count').textContent(), '0/120');
});
