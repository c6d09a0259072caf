// Waiting for conditions with a deadline, and figures worth reading in a test's output.
import { setTimeout as pause } from 'node:timers/promises';

/** Milliseconds of `n` seconds. */
export const seconds = (n) => n * 1000;

/**
 * Asks `look` until it gives something true and gives that back. Throws once `within` ms are over,
 * naming `what` and the last answer or error.
 */
export async function until(what, look, { within = seconds(10), every = 40 } = {}) {
  const end = performance.now() + within;
  let last;
  for (;;) {
    try {
      last = await look();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) {
      throw new Error(`${what}: not within ${within} ms; last: ${describe(last)}`);
    }
    await pause(every);
  }
}

/** Writes a figure into the test's output. */
export function note(test, what, ms) {
  test.diagnostic(`${what}: ${Math.round(ms)} ms`);
}

/** One step of a long walk: a failure names it and ends the walk. */
export async function step(test, what, run) {
  const from = performance.now();
  try {
    await run();
  } catch (error) {
    error.message = `${what}: ${error.message}`;
    throw error;
  }
  note(test, what, performance.now() - from);
}

/** No process that a test started outlives it, whatever went wrong. */
export function endsWithUs(child) {
  const end = () => child.kill('SIGKILL');
  process.on('exit', end);
  child.once('exit', () => process.off('exit', end));
}

function describe(value) {
  if (value instanceof Error) return value.message;
  return JSON.stringify(value)?.slice(0, 400);
}
