// Times, languages and codes as people see them.
import { expect, test } from 'vitest';
import { pickLocale } from './locale';
import { uiMessages } from './messages';
import { drawQr, qrSvgFile } from './qr';
import { formatDuration, formatLeft, formatSpan, formatWhen, splitDuration } from './time';

const at = (day: number, hour: number, minute = 0) => new Date(2025, 10, day, hour, minute).getTime();
const now = at(20, 9);

test('english_only_for_those_who_ask_for_it', () => {
  expect(pickLocale('', 'zh-TW')).toBe('zh-CN');
  expect(pickLocale('', undefined)).toBe('zh-CN');
  expect(pickLocale('', 'en-GB')).toBe('en');
  expect(pickLocale('?lang=en', 'zh-CN')).toBe('en');
  expect(pickLocale('?lang=zh', 'en-US')).toBe('zh-CN');
});

test('both_languages_have_the_same_texts', () => {
  const keys = (value: object): string[] =>
    Object.entries(value).flatMap(([key, inner]) =>
      typeof inner === 'object' ? keys(inner as object).map((rest) => `${key}.${rest}`) : [key],
    );
  expect(keys(uiMessages.en)).toEqual(keys(uiMessages['zh-CN']));
});

test('near_days_have_names_and_far_ones_dates', () => {
  expect(formatWhen(at(20, 20), now, 'zh-CN')).toBe('今天 20:00');
  expect(formatWhen(at(21, 0, 5), now, 'zh-CN')).toBe('明天 00:05');
  expect(formatWhen(at(28, 20), now, 'zh-CN')).toMatch(/^11月28日 ?周五 20:00$/);
  expect(formatWhen(at(28, 20), now, 'en')).toBe('Fri, Nov 28 20:00');
  expect(formatWhen(new Date(2026, 1, 3, 8).getTime(), now, 'zh-CN')).toContain('2026年2月3日');
});

test('a_span_into_the_small_hours_needs_no_second_date', () => {
  expect(formatSpan(at(20, 22), at(21, 1), now, 'zh-CN')).toBe('今天 22:00 – 01:00');
});

test('a_countdown_shows_zero_only_when_it_is_over', () => {
  expect(splitDuration(1)).toEqual({ days: 0, hours: 0, minutes: 0, seconds: 1 });
  expect(splitDuration(0)).toEqual({ days: 0, hours: 0, minutes: 0, seconds: 0 });
  expect(splitDuration(-5)).toEqual({ days: 0, hours: 0, minutes: 0, seconds: 0 });
  expect(splitDuration(90_061_000)).toEqual({ days: 1, hours: 1, minutes: 1, seconds: 1 });
  expect(formatDuration(3_723_000)).toBe('1:02:03');
  expect(formatDuration(59_000)).toBe('00:59');
});

test('a_start_that_is_days_away_is_counted_in_days', () => {
  expect(formatLeft(3_723_000, 'zh-CN')).toBe('1:02:03');
  expect(formatLeft(3 * 86_400_000 + 7_500_000, 'zh-CN')).toBe('3 天 2:05:00');
  expect(formatLeft(86_400_000 + 59_000, 'en')).toBe('1 d 0:00:59');
  expect(formatLeft(86_399_500, 'zh-CN')).toBe('1 天 0:00:00');
});

test('a_qr_code_is_square_with_a_quiet_border', () => {
  const { size, path } = drawQr('https://example.com/r/1234567');
  expect(size).toBeGreaterThan(24);
  expect(path.startsWith('M2 2h7v1h-7z')).toBe(true);
  expect(qrSvgFile('x')).toContain('viewBox="0 0 ');
});
