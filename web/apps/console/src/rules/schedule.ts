// Times of a plan: defaults, and what a datetime-local field writes and reads.

const MINUTE_MS = 60_000;
const HALF_HOUR_MS = 30 * MINUTE_MS;

/** Length a new room starts with. */
export const DEFAULT_LENGTH_MS = 4 * HALF_HOUR_MS;

/** The first full half hour, on the local clock, that is at least half an hour away. */
export function defaultStart(now: number): number {
  const start = new Date(now + HALF_HOUR_MS);
  const past = start.getMinutes() % 30;
  const exact = past === 0 && start.getSeconds() === 0 && start.getMilliseconds() === 0;
  start.setSeconds(0, 0);
  if (!exact) start.setMinutes(start.getMinutes() - past + 30);
  return start.getTime();
}

/** `2026-11-22T20:30` on the local clock; empty for null. */
export function toLocalField(at: number | null): string {
  if (at === null) return '';
  const time = new Date(at);
  const two = (part: number) => String(part).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day}T${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** Milliseconds of a datetime-local field; null when it is empty or no time. */
export function fromLocalField(text: string): number | null {
  if (!/^\d{4,6}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text)) return null;
  const at = new Date(text).getTime();
  return Number.isNaN(at) ? null : at;
}

/** Whole hours and minutes of a length. */
export function hoursAndMinutes(ms: number): { hours: number; minutes: number } {
  const minutes = Math.round(ms / MINUTE_MS);
  return { hours: Math.floor(minutes / 60), minutes: minutes % 60 };
}
