// Keeping up with the live edge, noticing a picture that stands still, and waiting between tries.

/** What to do about the delay: play at `rate`, and jump to `seekTo` when that is set. */
export interface Pace {
  rate: number;
  seekTo: number | null;
}

/** Seconds of buffer: above `HIGH` playback hurries until `LOW`, above `JUMP` it jumps to `LAND` from the end. */
const HIGH = 3;
const HURRY = 5;
const LOW = 1.2;
const JUMP = 10;
const LAND = 1;

/** How to pace playback at `position` when `end` is buffered; `rate` is the current one (hurrying goes on to LOW). */
export function pace(position: number, end: number, rate: number): Pace {
  const ahead = end - position;
  if (ahead > JUMP) return { rate: 1, seekTo: end - LAND };
  if (ahead > HURRY) return { rate: 1.2, seekTo: null };
  if (ahead > HIGH) return { rate: Math.max(1.1, rate), seekTo: null };
  if (rate > 1 && ahead > LOW) return { rate, seekTo: null };
  return { rate: 1, seekTo: null };
}

/** Where to go when playback stands before a hole in the buffer: just into the next range, else nowhere. */
export function overHole(position: number, ranges: readonly (readonly [number, number])[]): number | null {
  for (const [start, end] of ranges) {
    if (position >= start - 0.05 && position < end - 0.1) return null;
    if (start > position) return start + 0.05;
  }
  return null;
}

/** The eye on the picture: fed once a second, says how long it has stood still. */
export class StallWatch {
  private lastPosition = -1;
  private since: number;

  constructor(now: number) {
    this.since = now;
  }

  /** Starts over, e.g. after a pause that was meant. */
  reset(now: number): void {
    this.lastPosition = -1;
    this.since = now;
  }

  /** Milliseconds without movement at `now`, with playback at `position`. */
  look(position: number, now: number): number {
    if (Math.abs(position - this.lastPosition) > 0.01) {
      this.lastPosition = position;
      this.since = now;
    }
    return now - this.since;
  }
}

/** Standing still this long shows a hint; that long ends the attempt. The first picture may take longer. */
export const STALL_HINT_MS = 1500;
export const STALL_GIVE_UP_MS = 6000;
export const FIRST_PICTURE_MS = 12_000;

/** After this long with a moving picture older failures are forgotten. */
export const SETTLED_MS = 5000;

/** Milliseconds before try `attempt` (0 = the first retry): 0.5 s doubling to 15 s, jittered. */
export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(15_000, 500 * 2 ** Math.min(attempt, 10));
  return Math.round(ceiling * (0.6 + random() * 0.4));
}
