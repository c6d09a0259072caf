// Times a room on air is measured by.
import { RoomStatus } from '@kaibo/api';

/** Milliseconds until `at`, never negative; null when there is no such time. */
export function timeLeft(at: number | null, now: number): number | null {
  return at === null ? null : Math.max(0, at - now);
}

/** How long the broadcast has run, or ran; null before its start, and while a ban leaves its end open. */
export function lastedFor(
  room: { status: RoomStatus; startedAt: number | null; endedAt: number | null },
  now: number,
): number | null {
  if (room.startedAt === null) return null;
  if (room.endedAt === null && room.status === RoomStatus.Banned) return null;
  return Math.max(0, (room.endedAt ?? now) - room.startedAt);
}
