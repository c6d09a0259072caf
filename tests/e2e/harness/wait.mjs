// Waiting for conditions with a deadline, and figures worth reading in a test's output.
import { spawn } from 'node:child_process';
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

/** `promise`, or an error saying `what()` after `ms`. */
export function withDeadline(promise, ms, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(what())), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
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

/** Starts a program that does not outlive us, however we end. */
export function start(program, flags, options) {
  if (process.platform !== 'linux') return spawn(program, flags, options);
  return spawn('setpriv', ['--pdeathsig', 'KILL', program, ...flags], options);
}

function describe(value) {
  if (value instanceof Error) return value.message;
  return JSON.stringify(value)?.slice(0, 400);
}
