// Goods on their way to viewers: added and approved in the console, put on a shelf, shown as a card.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  Browser,
  Kaibo,
  Publisher,
  WeChat,
  fits,
  minutes,
  ownerOf,
  pageStatus,
  png,
  seconds,
  shoot,
  step,
} from './harness.mjs';

const SIZES = ['phone', 'desktop'];
const kaibo = await Kaibo.start();
after(() => kaibo.close());
const browser = await Browser.start();
after(() => browser.close());
const owner = await ownerOf(kaibo);

/** Every page is looked at, and nothing may stick out on a phone. */
async function look(page, name, size, fullPage = true) {
  await shoot(page, `goods-${name}`, { sizes: [size], fullPage });
  assert.ok(await fits(page), `${name} is wider than the screen`);
}

const picture = (width, height = width) => ({
  name: 'photo.png',
  mimeType: 'image/png',
  buffer: png(width, height),
});

/** A shop with a room on the air and goods of its server's: one approved, one that claims too much. */
async function shop(name) {
  const app = await kaibo.app(name);
  const wechat = await WeChat.open(kaibo.http, app);
  const cover = await wechat.upload(png(300, 300));
  const add = (goodsInfo) =>
    wechat.post('/wxaapi/broadcast/goods/add', {
      goodsInfo: { coverImgUrl: cover, priceType: 1, price: 128, url: 'pages/goods/detail?id=1', ...goodsInfo },
    });
  const made = await add({ name: '手工桂花龙井茶', priceType: 2, price: 128, price2: 398 });
  assert.equal(made.errcode, 0);
  await add({ name: '全网最低价保温杯' });
  const room = await wechat.room({ dueIn: minutes(15), closeGoods: 0 });
  return { app, room };
}

/** Settles when the desk shows these goods in this order. */
function onShelf(page, names) {
  return page.waitForFunction(
    (names) =>
      [...document.querySelectorAll('[data-testid="shelf-item"] b:first-child')]
        .map((one) => one.textContent)
        .filter((name) => names.includes(name))
        .join() === names.join(),
    names,
  );
}

async function logIn(page, to) {
  await page.context().addCookies([
    { name: 'kaibo_session', value: owner.cookie.split('=')[1], url: kaibo.http },
  ]);
  await page.goto(`${kaibo.http}/console${to}`);
}

for (const size of SIZES) {
  test(`${size}: from the library to the viewers`, { timeout: seconds(180) }, async (t) => {
    const { app, room } = await shop(`商品小店 ${size}`);
    const page = await browser.page(size);
    t.after(() => page.context().close());
    const item = (name) => page.getByTestId('shelf-item').filter({ hasText: name });
    const row = (name) => page.getByTestId('goods').filter({ hasText: name });

    await step(t, 'goods of the API stand in the library, with what the review said', async () => {
      await logIn(page, `/apps/${app.appid}/goods`);
      await row('全网最低价保温杯').getByTestId('rejection').waitFor();
      await page.locator('[data-testid="goods"][data-audit="2"]').waitFor();
      assert.equal(await row('手工桂花龙井茶').getByTestId('goods-edit').count(), 0);
      await look(page, 'library', size);
    });

    await step(t, 'add goods: every rule at its field, a large photo made to fit', async () => {
      await page.getByTestId('goods-new').click();
      await page.getByTestId('save-submit').click();
      await page.getByTestId('error-name').waitFor();
      assert.equal(await page.getByTestId('error-price').getAttribute('data-code'), 'required');
      await page.getByTestId('field-cover').setInputFiles(picture(1200, 900));
      await page.getByTestId('cover-large').waitFor();
      await look(page, 'form-errors', size);
      await page.getByTestId('cover-shrink').click();
      await page.locator('.kc-goods-picture img').waitFor();
      await page.getByText('300×225').waitFor();
      await page.getByTestId('field-name').fill('帆布双肩包');
      await page.getByTestId('price-type-3').check({ force: true });
      await page.getByTestId('field-price').fill('99');
      await page.getByTestId('field-price2').fill('120');
      await page.getByTestId('error-price2').waitFor();
      await page.getByTestId('field-price2').fill('59.9');
      await page.getByTestId('field-url').fill('pages/goods/detail?id=7');
      await look(page, 'form', size);
      await page.getByTestId('save').click();
      await row('帆布双肩包').waitFor();
      assert.equal(await row('帆布双肩包').getAttribute('data-audit'), '0');
    });

    await step(t, 'submit them; the review approves, and then the price alone changes', async () => {
      await row('帆布双肩包').getByTestId('goods-submit').click();
      await page.locator('[data-testid="goods"][data-audit="2"]').filter({ hasText: '帆布双肩包' }).waitFor();
      await row('帆布双肩包').getByTestId('goods-price').click();
      assert.ok(await page.getByTestId('field-name').isDisabled());
      await look(page, 'price', size);
      await page.getByTestId('field-price2').fill('49.9');
      await page.getByTestId('save-submit').click();
      await row('帆布双肩包').getByText('49.9').waitFor();
      await page.getByTestId('filter-3').click();
      await row('帆布双肩包').waitFor({ state: 'detached' });
      assert.equal(await page.getByTestId('goods').count(), 1);
      await row('全网最低价保温杯').getByTestId('goods-delete').click();
      await look(page, 'delete-ask', size, false);
      await page.getByTestId('dialog-confirm').click();
      await page.getByTestId('goods-empty').waitFor();
    });

    await step(t, 'import them on the shelf of a room, in an order of its own', async () => {
      await page.goto(`${kaibo.http}/console/apps/${app.appid}/rooms/${room.id}`);
      await page.getByTestId('shelf-empty').waitFor();
      await page.getByTestId('shelf-import').click();
      await page.getByTestId('import-choice').nth(1).waitFor();
      await page.getByTestId('import-search').fill('双肩');
      await page.getByTestId('import-choice').check();
      await page.getByTestId('import-search').fill('');
      await page.getByTestId('import-choice').nth(1).check();
      await look(page, 'import', size, false);
      await page.getByTestId('dialog-confirm').click();
      await onShelf(page, ['帆布双肩包', '手工桂花龙井茶']);
      await item('手工桂花龙井茶').getByTestId('shelf-up').click();
      await onShelf(page, ['手工桂花龙井茶', '帆布双肩包']);
      await page.getByTestId('shelf-item').nth(1).dragTo(page.getByTestId('shelf-item').first());
      await onShelf(page, ['帆布双肩包', '手工桂花龙井茶']);
    });

    await step(t, 'push: the viewers see the card, and where it leads', async () => {
      const encoder = new Publisher(room.pushAddr);
      const viewer = await browser.page(size);
      try {
        await viewer.goto(`${kaibo.http}/r/${room.id}`);
        await pageStatus(viewer, 101, seconds(20));
        await viewer.getByTestId('shelf-open').getByText('2').waitFor();
        await pageStatus(page, 101);
        await item('帆布双肩包').getByTestId('shelf-explain').click();
        await item('帆布双肩包').getByTestId('shelf-explain-end').waitFor();
        await item('帆布双肩包').getByTestId('shelf-push').click();
        const card = viewer.getByTestId('goods-card');
        await card.waitFor();
        assert.match(await card.textContent(), /帆布双肩包.*49\.9/);
        assert.ok(await item('手工桂花龙井茶').getByTestId('shelf-push').isDisabled());
        await look(viewer, 'card', size, false);
        await look(page, 'desk', size);
        await card.waitFor({ state: 'detached' });
        await item('手工桂花龙井茶').getByTestId('shelf-push').and(page.locator(':enabled')).waitFor();

        await viewer.getByTestId('shelf-open').click();
        const goods = viewer.getByTestId('shelf-goods');
        assert.equal(await goods.count(), 2);
        await goods.first().getByTestId('explaining').waitFor();
        await look(viewer, 'shelf', size, false);
        await goods.first().click();
        const path = await viewer.getByTestId('goods-path').textContent();
        assert.match(path, /^pages\/goods\/detail\?id=7&room_id=\d+$/);
        await viewer.getByTestId('goods-copy').click();
        await viewer.getByText('已复制').waitFor();
        await look(viewer, 'detail', size, false);

        await viewer.getByTestId('shelf-back').click();
        await item('手工桂花龙井茶').getByTestId('shelf-sale').click();
        await goods.nth(1).waitFor({ state: 'detached' });
        await item('帆布双肩包').getByTestId('shelf-explain-end').click();
        await viewer.getByTestId('explaining').waitFor({ state: 'detached' });
        await viewer.keyboard.press('Escape');
        await viewer.getByTestId('shelf-panel').waitFor({ state: 'detached' });
        await item('帆布双肩包').getByTestId('shelf-remove').click();
        await page.getByTestId('dialog-confirm').click();
        await viewer.getByTestId('shelf-open').waitFor({ state: 'detached' });
      } finally {
        await encoder.kill();
        await viewer.context().close();
      }
    });

    await step(t, 'the settings', async () => {
      await page.goto(`${kaibo.http}/console/apps/${app.appid}/settings`);
      await page.getByTestId('field-pages').fill('pages/goods/detail\npages/goods/list');
      await page.getByTestId('field-goodsKey').fill('id');
      await page.getByTestId('goods-setting-save').click();
      await page.getByText('已保存').waitFor();
      await look(page, 'settings', size);
    });

    assert.deepEqual(browser.troubles, []);
  });
}
