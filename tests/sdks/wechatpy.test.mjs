// wechatpy from PyPI, as a shop uses it (see wechatpy_shop.py): its base URL is all that differs.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { STEPS, open, picture } from './shop.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const python = process.env.KAIBO_SDK_PYTHON ?? path.join(here, '.venv/bin/python');

const shop = await open();
after(() => shop.close());

test('a shop on wechatpy goes its whole way', { timeout: 120_000 }, async (t) => {
  const image = path.join(shop.kaibo.folder, 'goods.png');
  await writeFile(image, picture());
  const { appid, secret, anchor } = shop.app;
  const words = [path.join(here, 'wechatpy_shop.py'), shop.kaibo.http, appid, secret, anchor, image];
  const child = spawn(python, words, { stdio: ['pipe', 'pipe', 'pipe'] });
  t.after(() => child.kill());
  let complaint = '';
  child.stderr.on('data', (data) => (complaint += data));
  const done = [];
  // It says what it has done, and asks for what an SDK cannot do.
  for await (const line of createInterface(child.stdout)) {
    const said = JSON.parse(line);
    if (said.done) done.push(said.done);
    if (said.goLive) await shop.goLive(said.goLive.roomId, said.goLive.pushAddr);
    if (said.end) await shop.end(said.end.roomId);
    if (said.goLive || said.end) child.stdin.write('done\n');
  }
  assert.deepEqual(done, STEPS, complaint);
  t.diagnostic(`wechatpy: ${done.join(' → ')}`);
});
