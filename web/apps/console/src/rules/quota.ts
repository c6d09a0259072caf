// What is used of a limit, and limits of an app's own as they are typed.
import type { CallLimits, OperationQuota, OwnQuota } from '@kaibo/api';

/** The highest limit that the server takes. */
export const MOST_LIMIT = 100_000_000;
/** The longest broadcast that may be allowed, in hours. */
export const MOST_HOURS = 24;

/** How full a limit is: whole per cent for the bar, and how it looks. */
export interface Fill {
  percent: number;
  level: 'good' | 'warn' | 'full';
}

/** From four fifths on it warns. */
export function fillOf(used: number, limit: number): Fill {
  if (limit <= 0 || used >= limit) return { percent: 100, level: 'full' };
  const share = used / limit;
  // One call of a million is seen too.
  const percent = used === 0 ? 0 : Math.max(1, Math.floor(share * 100));
  return { percent, level: share >= 0.8 ? 'warn' : 'good' };
}

/** A limit as typed: empty stands for everybody's. */
export function limitOf(text: string): number | null {
  return text.trim() === '' ? null : Number(text.trim());
}

/** The rule that a typed limit breaks, or null. */
export function checkLimit(text: string, { least = 0, most = MOST_LIMIT } = {}): string | null {
  const typed = text.trim();
  if (typed === '') return null;
  if (!/^\d+$/.test(typed)) return 'limit_not_whole';
  const value = Number(typed);
  return value < least || value > most ? 'limit_out_of_bounds' : null;
}

/** The app's own limits with those of one operation changed; both null takes them back. */
export function withCalls(own: OwnQuota, op: string, limits: CallLimits): OwnQuota {
  const others = Object.entries(own.calls).filter(([name]) => name !== op);
  const isOwn = limits.perDay !== null || limits.perMinute !== null;
  return { ...own, calls: Object.fromEntries(isOwn ? [...others, [op, limits]] : others) };
}

/** Whether an app has limits of its own for an operation. */
export function hasOwn(own: OwnQuota, op: string): boolean {
  const limits = own.calls[op];
  return limits !== undefined && (limits.perDay !== null || limits.perMinute !== null);
}

/** Which operations a list shows. */
export type Shown = 'all' | 'used' | 'own';

/** Operations that were asked for by word and kind; those nearest to their limit first among the used. */
export function operationsShown(
  calls: readonly OperationQuota[],
  { word, shown, own, name }: { word: string; shown: Shown; own: OwnQuota; name: (op: string) => string },
): OperationQuota[] {
  const asked = word.trim().toLowerCase();
  const found = calls.filter(
    ({ op, used }) =>
      `${op} ${name(op)}`.toLowerCase().includes(asked) &&
      (shown === 'all' || (shown === 'used' ? used > 0 : hasOwn(own, op))),
  );
  if (shown !== 'used') return found;
  const share = ({ used, perDay }: OperationQuota) => (perDay === 0 ? 1 : used / perDay);
  return found.sort((a, b) => share(b) - share(a) || b.used - a.used);
}
