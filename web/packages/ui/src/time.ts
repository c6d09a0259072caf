// Times as people read them, in the reader's own time zone, and the server's clock.
import type { Locale } from './locale';

const DAY_MS = 86_400_000;

/** Midnight of the local day that lies `days` after that of `at`. */
function localDay(at: number, days: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime();
}

/** `20:05` in local time. */
export function formatClock(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** `今天 20:00`, `明天 20:00`, `11月28日 周五 20:00`; with the year when it is another one. */
export function formatWhen(at: number, now: number, locale: Locale): string {
  const clock = formatClock(at);
  if (at >= localDay(now, 0) && at < localDay(now, 1))
    return `${locale === 'en' ? 'Today' : '今天'} ${clock}`;
  if (at >= localDay(now, 1) && at < localDay(now, 2))
    return `${locale === 'en' ? 'Tomorrow' : '明天'} ${clock}`;
  const otherYear = new Date(at).getFullYear() !== new Date(now).getFullYear();
  const date = new Intl.DateTimeFormat(locale, {
    year: otherYear ? 'numeric' : undefined,
    month: locale === 'en' ? 'short' : 'long',
    day: 'numeric',
    weekday: 'short',
  }).format(at);
  const spaced = locale === 'en' ? date : date.replace(/(\d日)(?=\S)/, '$1 ');
  return `${spaced} ${clock}`;
}

/** From–to as one text; the end without its date when it is the same day or ends in the small hours after. */
export function formatSpan(from: number, to: number, now: number, locale: Locale): string {
  const end =
    to - from < DAY_MS / 2 || localDay(from, 0) === localDay(to, 0)
      ? formatClock(to)
      : formatWhen(to, now, locale);
  return `${formatWhen(from, now, locale)} – ${end}`;
}

/** A span of time cut into whole units. */
export interface Duration {
  days: number;
  hours: number;
  minutes: number;
  seconds: number;
}

/** Cuts milliseconds into units; rounds up to the second so that a countdown shows 0 only when it is over. */
export function splitDuration(ms: number): Duration {
  const total = Math.max(0, Math.ceil(ms / 1000));
  return {
    days: Math.floor(total / 86_400),
    hours: Math.floor(total / 3600) % 24,
    minutes: Math.floor(total / 60) % 60,
    seconds: total % 60,
  };
}

/** `1:02:03` or `02:03`: how long something has run or lasts. */
export function formatDuration(ms: number): string {
  const { days, hours, minutes, seconds } = splitDuration(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const whole = days * 24 + hours;
  return whole > 0 ? `${whole}:${two(minutes)}:${two(seconds)}` : `${two(minutes)}:${two(seconds)}`;
}

/** `3 天 2:05:00`, `1:02:03` or `02:03`: how long until something. */
export function formatLeft(ms: number, locale: Locale): string {
  const { days } = splitDuration(ms);
  if (days === 0) return formatDuration(ms);
  const rest = formatDuration(Math.ceil(ms / 1000) * 1000 - days * DAY_MS);
  const clock = rest.length < '0:00:00'.length ? `0:${rest}` : rest;
  return locale === 'en' ? `${days} d ${clock}` : `${days} 天 ${clock}`;
}

/** How far the server's clock is ahead of this device's, from a view's `now` taken as it arrives. */
export function clockSkew(serverNow: number, deviceNow: number = Date.now()): number {
  return serverNow - deviceNow;
}
