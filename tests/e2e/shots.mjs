// `npm run shots -- FOLDER [--readme]`: pictures of every page of `kaibo demo`, narrow and wide; or
// the three pictures of the README.
import path from 'node:path';
import { Browser, Kaibo, moves, ownerOf, seconds, shoot, until } from './harness.mjs';

/** Each tab of the API's pages, and what shows that it is there. */
const API_TABS = {
  calls: 'calls-reload',
  quota: 'quota',
  door: 'door-save',
  admission: 'admission-save',
  push: 'webhook-add',
};
/** The anchor's device, once it is enrolled: its address and cookies. */
let enrolled = null;

const folder = path.resolve(process.argv[2] ?? 'shots/demo');
const kaibo = await Kaibo.start({ command: 'demo', env: { KAIBO_SERVER__LOG: 'warn,kaibo=info' } });
const browser = await Browser.start();
const keep = (page, name, options) => shoot(page, name, { folder, ...options });

try {
  const links = await until('the demo has printed its addresses', () => {
    const rooms = kaibo.out.match(/http:\/\/\S+\/r\/\d+/g) ?? [];
    const anchor = /http:\/\/\S+\/a\/\S+/.exec(kaibo.out)?.[0];
    return rooms.length >= 2 && anchor && { film: rooms[0], own: rooms[1], anchor };
  });
  if (process.argv.includes('--readme')) {
    await readme(links);
  } else {
    const { link } = await kaibo.setup();
    for (const size of ['phone', 'desktop']) await all(size, links, link);
  }
} finally {
  await browser.close();
  await kaibo.close();
}
console.log(folder);

async function all(size, links, setup) {
  const only = { sizes: [size] };
  const page = await browser.page(size);
  const view = links.film.replace('/r/', '/v1/rooms/');
  await until('the film is live', async () => (await (await fetch(view)).json()).status === 101, {
    within: seconds(20),
  });
  await page.goto(links.film);
  await moves(page);
  await keep(page, 'room-live', only);
  await page.goto(links.own);
  await page.getByTestId('countdown').waitFor();
  await keep(page, 'room-countdown', only);
  await page.goto(`${kaibo.http}/r/1`);
  await page.getByTestId('room-unknown').waitFor();
  await keep(page, 'room-unknown', only);
  await openAnchor(page, links);
  await keep(page, 'anchor', { ...only, fullPage: true });
  await theConsole(page, only, setup);
  await page.context().close();
}

// The link enrols the first device alone; the second is given what that got.
async function openAnchor(page, { anchor }) {
  if (enrolled) await page.context().addCookies(enrolled.cookies);
  await page.goto(enrolled?.url ?? anchor);
  if (!enrolled) await page.getByTestId('enrol-submit').click();
  await page.getByTestId('room-name').waitFor();
  enrolled ??= { url: page.url(), cookies: await page.context().cookies() };
}

async function theConsole(page, only, setup) {
  if (only.sizes[0] === 'phone') {
    await page.goto(setup);
    await page.getByTestId('setup-name').fill('owner');
    await keep(page, 'console-setup', only);
    await page.getByTestId('setup-password').fill('kaibo-demo-2026');
    await page.getByTestId('setup-password-again').fill('kaibo-demo-2026');
    await page.getByTestId('setup-submit').click();
  } else {
    await page.goto(`${kaibo.http}/console/`);
    await keep(page, 'console-login', only);
    await page.getByTestId('login-name').fill('owner');
    await page.getByTestId('login-password').fill('kaibo-demo-2026');
    await page.getByTestId('login-submit').click();
  }
  const row = page.getByTestId('room-row').first();
  await row.waitFor();
  await keep(page, 'console-rooms', only);
  await page.getByTestId('room-row').filter({ hasText: '直播中' }).getByTestId('room-open').click();
  await moves(page, '[data-testid="preview"] video');
  await keep(page, 'console-room', only);
  await page.getByRole('link', { name: '直播间', exact: true }).click();
  await page.getByTestId('room-new').click();
  await page.getByTestId('field-name').waitFor();
  await keep(page, 'console-room-new', { ...only, fullPage: true });
  await page.getByRole('link', { name: '主播', exact: true }).click();
  await page.getByTestId('anchor').first().waitFor();
  await keep(page, 'console-anchors', only);
  await page.getByRole('link', { name: '应用设置' }).click();
  await page.getByTestId('save').waitFor();
  await keep(page, 'console-settings', { ...only, fullPage: true });
  await page.getByRole('link', { name: '接口', exact: true }).click();
  for (const [tab, there] of Object.entries(API_TABS)) {
    await page.getByTestId(`tab-${tab}`).click();
    await page.getByTestId(there).first().waitFor();
    await keep(page, `console-${tab}`, { ...only, fullPage: true });
  }
  await page.getByRole('link', { name: '接入帮助' }).click();
  await page.getByTestId('base-url').waitFor();
  await keep(page, 'console-help', { ...only, fullPage: true });
}

// All of one height, so that they stand well side by side.
async function readme({ film }) {
  const wide = { viewport: { width: 1120, height: 780 }, deviceScaleFactor: 2 };
  const roomId = film.split('/').pop();
  const owner = await ownerOf(kaibo);
  const [{ appid }] = owner.session.apps;
  const broadcast = await owner.broadcast(appid, roomId);
  const phone = await browser.page('phone');
  await broadcast.open(phone);
  await phone.getByTestId('room-name').waitFor();
  const pages = {
    'live-phone': [await browser.page('phone'), film, 'video'],
    anchor: [phone, `${kaibo.http}/a/${roomId}`, '[data-testid="preview"] video'],
    'console-room': [
      await browser.page('desktop', wide),
      `${kaibo.http}/console/apps/${appid}/rooms/${roomId}`,
      '[data-testid="preview"] video',
    ],
  };
  const [name, value] = owner.cookie.split('=');
  await pages['console-room'][0]
    .context()
    .addCookies([{ name, value, url: kaibo.http, httpOnly: true, sameSite: 'Strict' }]);
  for (const [file, [page, url, picture]] of Object.entries(pages)) {
    await page.goto(url);
    await moves(page, picture);
    await page.screenshot({ path: path.join(folder, `${file}.png`) });
  }
}
