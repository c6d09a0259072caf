// The server's limits as the words of hints and rules need them.
import type { Limits } from '@kaibo/api';
import { hoursAndMinutes } from './schedule';
import { inCharacters } from './textWidth';

/** What names a span of time: a text of `form.*` and its number. */
export interface SpanWords {
  key: 'minutes' | 'hours' | 'hoursMinutes' | 'days' | 'months';
  values: Record<string, number>;
}

const DAY_MS = 86_400_000;

/** A span as people say it: 10 minutes, 12 hours, 6 months. */
export function spanWords(ms: number): SpanWords {
  const days = Math.floor(ms / DAY_MS);
  if (days >= 60) return { key: 'months', values: { months: Math.floor(days / 30.5) } };
  if (days >= 2) return { key: 'days', values: { days } };
  const { hours, minutes } = hoursAndMinutes(ms);
  if (hours === 0) return { key: 'minutes', values: { minutes } };
  return minutes === 0
    ? { key: 'hours', values: { hours } }
    : { key: 'hoursMinutes', values: { hours, minutes } };
}

/** Values for the texts that name limits; `say` puts a span into words. */
export function limitWords(
  limits: Limits,
  say: (span: SpanWords) => string,
): Record<string, string | number> {
  const [nameLeast, nameMost] = limits.name;
  const [anchorLeast, anchorMost] = limits.anchorName;
  return {
    lead: say(spanWords(limits.minLeadMs)),
    ahead: say(spanWords(limits.maxAheadMs)),
    least: say(spanWords(limits.minLengthMs)),
    most: say(spanWords(limits.maxLengthMs)),
    nameLeast: inCharacters(nameLeast),
    nameMost: inCharacters(nameMost),
    nameLeastHalf: nameLeast,
    nameMostHalf: nameMost,
    anchorLeast: inCharacters(anchorLeast),
    anchorMost: inCharacters(anchorMost),
    anchorLeastHalf: anchorLeast,
    anchorMostHalf: anchorMost,
  };
}
