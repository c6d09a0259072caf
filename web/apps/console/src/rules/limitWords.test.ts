// Limits as people say them, whatever the server sets.
import { expect, it } from 'vitest';
import { limitWords, spanWords, type SpanWords } from './limitWords';
import { USUAL_LIMITS } from './roomDraft';

const MINUTE = 60_000;
const say = ({ key, values }: SpanWords) => `${Object.values(values).join('+')} ${key}`;

it.each([
  [10 * MINUTE, '10 minutes'],
  [90 * MINUTE, '1+30 hoursMinutes'],
  [12 * 60 * MINUTE, '12 hours'],
  [24 * 60 * MINUTE, '24 hours'],
  [7 * 1440 * MINUTE, '7 days'],
  [184 * 1440 * MINUTE, '6 months'],
])('%d ms are %s', (ms, words) => {
  expect(say(spanWords(ms))).toBe(words);
});

it('names are counted in Chinese characters and in half-width units', () => {
  expect(limitWords({ ...USUAL_LIMITS, maxLengthMs: 24 * 60 * MINUTE }, say)).toMatchObject({
    most: '24 hours',
    nameLeast: 3,
    nameMost: 17,
    anchorMostHalf: 30,
  });
});
