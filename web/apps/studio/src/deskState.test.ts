// What the anchor's page offers in every state.
import { describe, expect, it } from 'vitest';
import { RoomStatus } from '@kaibo/api';
import { deskState } from './deskState';

const NOW = 1_800_000_000_000;

function seen(change: Partial<Parameters<typeof deskState>[0]> = {}) {
  return deskState(
    { status: RoomStatus.NotStarted, good: false, armed: false, startableFrom: NOW - 1, ...change },
    NOW,
  );
}

describe('before the start', () => {
  it('a stream starts the room once the window is open', () => {
    expect(seen()).toMatchObject({ saying: 'startsWithStream', canStart: true, canEnd: false });
  });

  it('earlier, a stream is only a preview', () => {
    expect(seen({ startableFrom: NOW + 1 }).saying).toBe('early');
  });

  it('a room that starts by the button says so', () => {
    expect(seen({ startableFrom: null }).saying).toBe('startsByButton');
  });

  it('with a picture the button starts at once', () => {
    expect(seen({ good: true, startableFrom: NOW + 1 })).toMatchObject({
      saying: 'readyToStart',
      canStart: true,
    });
  });

  it('an armed room waits and takes no second start', () => {
    expect(seen({ armed: true })).toMatchObject({ saying: 'armed', canStart: false });
  });
});

describe('after the start', () => {
  it.each([
    [RoomStatus.Live, true, 'live', true],
    [RoomStatus.Lost, false, 'lost', true],
    [RoomStatus.Paused, true, 'paused', true],
    [RoomStatus.Paused, false, 'pausedSilent', true],
    [RoomStatus.Ended, false, 'ended', false],
    [RoomStatus.Banned, false, 'banned', false],
    [RoomStatus.Expired, false, 'expired', false],
  ] as const)('%i, stream %s: %s', (status, good, saying, canEnd) => {
    expect(seen({ status, good })).toMatchObject({ saying, canStart: false, canEnd, over: !canEnd });
  });
});
