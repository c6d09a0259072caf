// A real browser that speaks Chinese, as most of the product's users do.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { seconds } from './wait.mjs';

const SHOTS = path.join(path.dirname(fileURLToPath(import.meta.url)), '../shots');
const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const QUIET =
  '--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update'
    .concat(' --disable-sync --autoplay-policy=document-user-activation-required')
    .split(' ');

/** The two widths every page is looked at. */
const SIZES = {
  phone: { viewport: { width: 360, height: 780 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1440, height: 900 } },
};

/** One Chromium for a test file. */
export class Browser {
  static async start() {
    const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    return new Browser(await chromium.launch({ executablePath: PROGRAM, args: [...QUIET, ...sandbox] }));
  }

  constructor(program) {
    this.program = program;
    this.troubles = [];
  }

  /** A page of its own session, `phone` or `desktop`. Errors of its scripts are kept in `troubles`. */
  async page(size = 'desktop', options = {}) {
    const context = await this.program.newContext({
      locale: 'zh-CN',
      timezoneId: 'Asia/Shanghai',
      ...SIZES[size],
      ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(seconds(15));
    page.on('pageerror', (error) => this.troubles.push(`${page.url()}: ${error.message}`));
    return page;
  }

  close() {
    return this.program.close();
  }
}

/** Looks at `page` at both widths and keeps pictures of it as `name`. */
export async function shoot(
  page,
  name,
  { folder = SHOTS, sizes = ['phone', 'desktop'], fullPage = false } = {},
) {
  mkdirSync(folder, { recursive: true });
  for (const size of sizes) {
    const { viewport } = SIZES[size];
    await page.setViewportSize(viewport);
    // A window as tall as the page, so that bars which stick to its edges do not cover the middle.
    const height = fullPage ? await page.evaluate(() => document.documentElement.scrollHeight) : 0;
    if (height > viewport.height) await page.setViewportSize({ ...viewport, height });
    await settled(page);
    await page.screenshot({ path: path.join(folder, `${name}-${size}.png`) });
    if (height > viewport.height) await page.setViewportSize(viewport);
  }
}

// Letters have arrived and what was moving into its place is there; what moves for ever may go on.
async function settled(page) {
  await page.waitForFunction(() => {
    const moving = document.getAnimations().filter((one) => one.playState === 'running');
    return (
      document.fonts.status === 'loaded' &&
      moving.every((one) => one.effect.getTiming().iterations === Infinity)
    );
  });
}

/** Nothing sticks out to the right. */
export async function fits(page) {
  return page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);
}

/** Settles when the open page shows `status`; gives the time it did. */
export async function pageStatus(page, status, within = seconds(15)) {
  await page.waitForSelector(`[data-testid="status"][data-status="${status}"]`, { timeout: within });
  return performance.now();
}

/** Settles when the picture in `selector` has gone on for `forSeconds` of media from here on. */
export async function moves(page, selector = 'video', forSeconds = 2, within = seconds(25)) {
  await page.waitForFunction(
    ([selector, forSeconds]) => {
      const video = document.querySelector(selector);
      if (!video || video.readyState < 2 || video.paused) return false;
      const mark = (video.kaiboMark ??= {
        time: video.currentTime,
        frames: video.getVideoPlaybackQuality().totalVideoFrames,
      });
      const done =
        video.currentTime - mark.time >= forSeconds &&
        video.getVideoPlaybackQuality().totalVideoFrames - mark.frames >= forSeconds * 10;
      if (done) delete video.kaiboMark;
      return done;
    },
    [selector, forSeconds],
    { timeout: within, polling: 50 },
  );
  return performance.now();
}

/** Settles when two looks at the picture differ: frames are drawn, not only counted. */
export async function framesMove(page, selector = 'video', within = seconds(10)) {
  await page.waitForFunction(
    (selector) => {
      const video = document.querySelector(selector);
      const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
      const ground = canvas.getContext('2d');
      ground.drawImage(video, 0, 0, 64, 36);
      const pixels = ground.getImageData(0, 0, 64, 36).data;
      const before = video.kaiboPixels;
      video.kaiboPixels = pixels;
      if (!before) return false;
      const changed = pixels.filter((value, at) => Math.abs(value - before[at]) > 24).length;
      const colours = new Set(pixels).size;
      return changed > 40 && colours > 8;
    },
    selector,
    { timeout: within, polling: 300 },
  );
}
