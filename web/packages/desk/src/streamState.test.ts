// What the desk says of the stream, and of the room's clocks.
import { describe, expect, it } from 'vitest';
import { RoomStatus } from '@kaibo/api';
import { lastedFor, timeLeft } from './deadlines';
import { streamState } from './streamState';

describe('streamState', () => {
  it.each([
    ['nothing pushed yet', RoomStatus.NotStarted, false, 'none'],
    ['a preview', RoomStatus.NotStarted, true, 'good'],
    ['on air', RoomStatus.Live, true, 'good'],
    ['broke off', RoomStatus.Lost, false, 'lost'],
    ['broke off while paused', RoomStatus.Paused, false, 'lost'],
    ['ended while the encoder still pushes', RoomStatus.Ended, true, 'over'],
    ['banned', RoomStatus.Banned, false, 'over'],
  ] as const)('%s', (_, status, good, state) => {
    expect(streamState({ status, good })).toBe(state);
  });
});

describe('clocks', () => {
  it('time left stops at nought', () => {
    expect(timeLeft(5_000, 2_000)).toBe(3_000);
    expect(timeLeft(5_000, 9_000)).toBe(0);
    expect(timeLeft(null, 0)).toBeNull();
  });

  it('a broadcast lasts until its end, or until now', () => {
    expect(lastedFor({ startedAt: null, endedAt: null }, 10)).toBeNull();
    expect(lastedFor({ startedAt: 4, endedAt: null }, 10)).toBe(6);
    expect(lastedFor({ startedAt: 4, endedAt: 7 }, 10)).toBe(3);
  });
});
