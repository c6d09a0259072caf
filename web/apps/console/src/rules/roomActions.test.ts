// What the console offers in each state.
import { expect, it } from 'vitest';
import { RoomStatus } from '@kaibo/api';
import { allows, ROOM_FILTERS, takesStream, type RoomAction } from './roomActions';

const ACTIONS: RoomAction[] = ['start', 'pause', 'resume', 'end', 'ban', 'unban', 'edit', 'delete'];

it.each([
  [RoomStatus.Live, ['pause', 'end', 'ban'], true],
  [RoomStatus.NotStarted, ['start', 'ban', 'edit', 'delete'], true],
  [RoomStatus.Ended, ['ban', 'delete'], false],
  [RoomStatus.Banned, ['unban'], false],
  [RoomStatus.Paused, ['resume', 'end', 'ban'], true],
  [RoomStatus.Lost, ['end', 'ban'], true],
  [RoomStatus.Expired, ['ban', 'delete'], false],
] as const)('in %i: %s', (status, allowed, stream) => {
  expect(ACTIONS.filter((action) => allows({ status, armed: false }, action))).toEqual(allowed);
  expect(takesStream(status)).toBe(stream);
});

it('an armed room is not started again', () => {
  expect(allows({ status: RoomStatus.NotStarted, armed: true }, 'start')).toBe(false);
});

it('every state is found under exactly one filter', () => {
  const found = Object.values(ROOM_FILTERS).flat().sort();
  expect(found).toEqual(Object.values(RoomStatus).sort());
});
