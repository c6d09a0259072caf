// The back end in Java: the same day, in a process of its own.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { liveADay } from './day.mjs';

const sources = fileURLToPath(new URL('../../examples/backend-java/src', import.meta.url));
const hasJava = spawnSync('javac', ['-version']).status === 0;

/** Compiles all of it, warnings being errors; gives the folder of classes. */
async function compile(t) {
  const classes = await mkdtemp(path.join(tmpdir(), 'kaibo-java-'));
  t.after(() => rm(classes, { recursive: true, force: true }));
  const names = await readdir(sources, { recursive: true });
  const files = names.filter((name) => name.endsWith('.java')).map((name) => path.join(sources, name));
  const flags = ['-Xlint:all', '-Werror', '--release', '17', '-encoding', 'UTF-8', '-d', classes];
  await promisify(execFile)('javac', [...flags, ...files]);
  return classes;
}

test(
  'the back end in Java lives a day on few calls',
  { timeout: 180_000, skip: hasJava ? false : 'no javac here: the Java example is NOT tested' },
  async (t) => {
    const classes = await compile(t);
    const began = Date.now();
    let hours = 0;
    await liveADay(t, async ({ url, appid, secret, webhookSecret, file, mostCalls, port }) => {
      const env = {
        ...process.env,
        KAIBO_URL: url,
        KAIBO_APPID: appid,
        KAIBO_SECRET: secret,
        KAIBO_WEBHOOK_SECRET: webhookSecret,
        STORE: file,
        MOST_CALLS: String(mostCalls),
        PORT: String(port),
      };
      const now = String(began + hours * 3_600_000);
      const child = spawn('java', ['-cp', classes, 'shop.HourByHour', now], {
        env,
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      const said = async (wanted) => {
        const { value } = await lines.next();
        if (value !== wanted) throw new Error(`the back end has ended before it was "${wanted}"`);
      };
      await said('ready');
      return {
        async hour() {
          hours += 1;
          child.stdin.write('an hour\n');
          await said('passed');
        },
        async stop() {
          child.stdin.end();
          await ended;
        },
      };
    });
  },
);
