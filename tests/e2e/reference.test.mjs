// The reference of /v1: public, whole, and of use on a phone.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Browser, Kaibo, WeChat, fits, seconds, shoot } from './harness.mjs';

const kaibo = await Kaibo.start();
after(() => kaibo.close());
const browser = await Browser.start();
after(() => browser.close());

async function look(page, name, size, fullPage = false) {
  await shoot(page, `reference-${name}`, { sizes: [size], fullPage });
  assert.ok(await fits(page), `${name} is wider than the screen`);
}

for (const size of ['phone', 'desktop']) {
  test(`${size}: an operation is found, and its command works`, { timeout: seconds(60) }, async (t) => {
    const page = await browser.page(size);
    t.after(() => page.context().close());
    const asked = [];
    page.on('request', (request) => asked.push(new URL(request.url())));
    await page.goto(`${kaibo.http}/docs/api`);
    const cards = page.getByTestId('operation');
    await cards.first().waitFor();
    const { paths } = await (await fetch(`${kaibo.http}/docs/api/openapi.json`)).json();
    const operations = Object.values(paths).flatMap((item) => Object.keys(item));
    assert.equal(await cards.count(), operations.length);
    await look(page, 'top', size);

    await page.getByTestId('search').fill('没有这样的接口');
    await page.getByTestId('none').waitFor();
    await page.getByTestId('search').fill('access_token 查询配额');
    const card = page.locator('[data-id="getOwnQuota"]');
    await card.getByTestId('command').waitFor();
    assert.equal(await cards.count(), 1);
    const command = await card.getByTestId('command').textContent();
    await look(page, 'quota', size, true);
    const wechat = await WeChat.open(kaibo.http, await kaibo.app());
    const [, url] = /curl '(.*)'/.exec(command);
    const [, name, value] = /-H '(\S+): (.*)'/.exec(command);
    const answer = await fetch(url, { headers: { [name]: value.replace('ACCESS_TOKEN', wechat.token) } });
    assert.equal(answer.status, 200, command);

    await page.goto(`${kaibo.http}/docs/api#createRoom`);
    await page.reload();
    await page.locator('[data-id="createRoom"]').getByText('anchorWechat').first().waitFor();
    await look(page, 'create-room', size);
    if (size === 'phone') {
      await page.getByRole('button', { name: '目录' }).click();
      await look(page, 'contents', size);
      await page.getByRole('navigation').getByText('直播间列表').click();
      await page.locator('[data-id="listRooms"]').getByTestId('command').waitFor();
    }
    assert.deepEqual(browser.troubles, []);
    const foreign = asked.filter(({ origin, protocol }) => protocol !== 'data:' && origin !== kaibo.http);
    assert.deepEqual(foreign, [], 'nothing from elsewhere');
  });
}

test('the reference speaks English, and breaks no rule of its page', { timeout: seconds(30) }, async (t) => {
  const page = await browser.page('desktop', { locale: 'en-US' });
  t.after(() => page.context().close());
  const broken = [];
  page.on('console', (message) => message.type() === 'error' && broken.push(message.text()));
  const answer = await page.goto(`${kaibo.http}/docs/api#pushGoods`);
  assert.match(answer.headers()['content-security-policy'], /script-src 'self'; style-src 'self'/);
  await page.getByText('Shows the card of goods to viewers').first().waitFor();
  await page.getByRole('heading', { name: 'Reference of /v1' }).waitFor();
  assert.deepEqual(broken, []);
});
