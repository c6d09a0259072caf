// What may be done with a room in each state; the server decides again.
import { RoomStatus } from '@kaibo/api';

export type RoomAction = 'start' | 'pause' | 'resume' | 'end' | 'ban' | 'unban' | 'edit' | 'delete';

const { Live, NotStarted, Ended, Banned, Paused, Lost, Expired } = RoomStatus;

const ALLOWED: Record<RoomAction, readonly RoomStatus[]> = {
  start: [NotStarted],
  pause: [Live],
  resume: [Paused],
  end: [Live, Paused, Lost],
  ban: [Live, NotStarted, Ended, Paused, Lost, Expired],
  unban: [Banned],
  edit: [NotStarted],
  delete: [NotStarted, Ended, Expired],
};

/** Whether `action` makes sense now; an armed room has been started already. */
export function allows(room: { status: RoomStatus; armed: boolean }, action: RoomAction): boolean {
  if (action === 'start' && room.armed) return false;
  return ALLOWED[action].includes(room.status);
}

/** Whether the room still takes a stream, and so its push address is of use. */
export function takesStream(status: RoomStatus): boolean {
  return status !== Ended && status !== Banned && status !== Expired;
}

/** The list's filters: names and the states they stand for; none means all. */
export const ROOM_FILTERS = {
  all: [],
  live: [Live, Paused, Lost],
  planned: [NotStarted],
  over: [Ended, Expired],
  banned: [Banned],
} as const satisfies Record<string, readonly RoomStatus[]>;
export type RoomFilter = keyof typeof ROOM_FILTERS;
