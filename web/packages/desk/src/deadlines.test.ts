// The clocks of a room on air.
import { RoomStatus } from '@kaibo/api';
import { expect, it } from 'vitest';
import { lastedFor, timeLeft } from './deadlines';

const room = (status: RoomStatus, startedAt: number | null, endedAt: number | null = null) => ({
  status,
  startedAt,
  endedAt,
});

it('a broadcast lasts from its start to its end, or to now', () => {
  expect(lastedFor(room(RoomStatus.NotStarted, null), 9)).toBeNull();
  expect(lastedFor(room(RoomStatus.Lost, 2), 9)).toBe(7);
  expect(lastedFor(room(RoomStatus.Ended, 2, 6), 9)).toBe(4);
});

it('a ban on air stops the clock', () => {
  expect(lastedFor(room(RoomStatus.Banned, 2), 9)).toBeNull();
  expect(lastedFor(room(RoomStatus.Banned, 2, 6), 9)).toBe(4);
});

it('time left stops at nought', () => {
  expect(timeLeft(5_000, 2_000)).toBe(3_000);
  expect(timeLeft(null, 5)).toBeNull();
  expect(timeLeft(4, 5)).toBe(0);
});
