// What the desk says of the stream.
import { describe, expect, it } from 'vitest';
import { RoomStatus } from '@kaibo/api';
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
