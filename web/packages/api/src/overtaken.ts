// Answers and events may pass each other on their way.
import type { RoomView } from './types';

/**
 * True when `next` was made before `current` and must not replace it. The place among the room's
 * views decides; the server's clock, which may be set back, only between views of one place.
 */
export function isOvertaken(
  current: Pick<RoomView, 'offset' | 'now'> | null,
  next: Pick<RoomView, 'offset' | 'now'>,
): boolean {
  if (current === null || next.offset > current.offset) return false;
  return next.offset < current.offset || next.now < current.now;
}
