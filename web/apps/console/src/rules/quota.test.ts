// Bars, typed limits, and which operations are shown.
import { expect, it } from 'vitest';
import type { OwnQuota } from '@kaibo/api';
import { checkLimit, fillOf, hasOwn, limitOf, operationsShown, withCalls } from './quota';

const NONE: OwnQuota = { roomsPerDay: null, liveAtOnce: null, maxHours: null, calls: {} };

it.each([
  [0, 100, 0, 'good'],
  [1, 100_000, 1, 'good'],
  [79, 100, 79, 'good'],
  [80, 100, 80, 'warn'],
  [99_999, 100_000, 99, 'warn'],
  [100, 100, 100, 'full'],
  [7, 5, 100, 'full'],
  [0, 0, 100, 'full'],
])('%d of %d fills %d per cent, %s', (used, limit, percent, level) => {
  expect(fillOf(used, limit)).toEqual({ percent, level });
});

it.each([
  ['', null],
  [' 0 ', null],
  ['100000000', null],
  ['100000001', 'limit_out_of_bounds'],
  ['-1', 'limit_not_whole'],
  ['1.5', 'limit_not_whole'],
  ['1e3', 'limit_not_whole'],
])('"%s" as a limit: %s', (text, rule) => {
  expect(checkLimit(text)).toBe(rule);
});

it('hours have bounds of their own, and nothing typed is everybody’s', () => {
  expect(checkLimit('0', { least: 1, most: 24 })).toBe('limit_out_of_bounds');
  expect(checkLimit('25', { least: 1, most: 24 })).toBe('limit_out_of_bounds');
  expect(checkLimit('24', { least: 1, most: 24 })).toBeNull();
  expect(limitOf('  ')).toBeNull();
  expect(limitOf(' 012 ')).toBe(12);
});

it('limits of one operation are set beside those of others, and taken back', () => {
  const first = withCalls(NONE, 'room/create', { perDay: 5, perMinute: null });
  const both = withCalls(first, 'goods/add', { perDay: null, perMinute: 9 });
  expect(Object.keys(both.calls)).toEqual(['room/create', 'goods/add']);
  expect(hasOwn(both, 'goods/add')).toBe(true);
  const back = withCalls(both, 'room/create', { perDay: null, perMinute: null });
  expect(back.calls).toEqual({ 'goods/add': { perDay: null, perMinute: 9 } });
  expect(hasOwn(back, 'room/create')).toBe(false);
});

it('operations are found by name in either language, the fullest first', () => {
  const quota = (op: string, used: number, perDay: number) => ({
    op,
    used,
    perDay,
    perMinute: 10,
    left: perDay - used,
  });
  const calls = [quota('token', 3, 2000), quota('room/create', 9, 10), quota('goods/add', 0, 500)];
  const name = (op: string) => (op === 'room/create' ? '创建直播间' : '其他');
  const shown = (word: string, shown: 'all' | 'used' | 'own') =>
    operationsShown(calls, { word, shown, own: NONE, name }).map(({ op }) => op);
  expect(shown('', 'all')).toEqual(['token', 'room/create', 'goods/add']);
  expect(shown('', 'used')).toEqual(['room/create', 'token']);
  expect(shown('创建', 'all')).toEqual(['room/create']);
  expect(shown('ROOM', 'all')).toEqual(['room/create']);
  expect(shown('', 'own')).toEqual([]);
});
