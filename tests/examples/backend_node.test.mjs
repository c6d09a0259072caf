// The back end in Node: a day within its budget of calls.
import { test } from 'node:test';
import { Backend } from '../../examples/backend-node/src/backend.mjs';
import { liveADay } from './day.mjs';

/** A clock on which an hour passes when it is told to. */
class ManualClock {
  constructor(start) {
    this.at = start;
    this.works = new Set();
  }

  now() {
    return this.at;
  }

  every(_ms, work) {
    this.works.add(work);
    return () => this.works.delete(work);
  }

  async passHour() {
    this.at += 3_600_000;
    for (const work of this.works) await work();
  }
}

test('the back end in Node lives a day on few calls', { timeout: 120_000 }, async (t) => {
  const clock = new ManualClock(Date.now());
  await liveADay(t, async ({ port, ...options }) => {
    const backend = new Backend({ ...options, clock });
    await backend.start(port);
    return { hour: () => clock.passHour(), stop: () => backend.stop() };
  });
});
