// `npm run figures`: start to ready, and memory at rest, of the release build. Prints; judges nothing.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Kaibo, seconds } from './harness.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const binary = path.resolve(process.env.KAIBO_BIN ?? path.join(here, '../../target/release/kaibo'));
const ROUNDS = 5;

function memoryMb(pid) {
  const [, kb] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kb) / 1024;
}

console.log(binary);
const first = [];
const again = [];
const memory = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const kaibo = await Kaibo.start({ binary });
  first.push(kaibo.readyMs);
  await kaibo.stop();
  await kaibo.launch();
  again.push(kaibo.readyMs);
  await pause(seconds(2));
  memory.push(memoryMb(kaibo.pid));
  await kaibo.close();
}
const line = (what, values, unit) =>
  console.log(
    `${what}: median ${values.toSorted((a, b) => a - b)[ROUNDS >> 1].toFixed(1)} ${unit}, most ${Math.max(...values).toFixed(1)} ${unit}`,
  );
line('start to ready, new data folder', first, 'ms');
line('start to ready, known data folder', again, 'ms');
line('memory at rest (RSS)', memory, 'MB');
