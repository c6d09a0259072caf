// What may be done with a room's shelf, and how its order changes; the server decides again.
import { RoomStatus, type ShelfCard } from '@kaibo/api';

const { Live, NotStarted, Paused, Lost } = RoomStatus;

/** Whether goods may be put on the shelf, taken away, sorted, sold. */
export function shelfChanges(status: RoomStatus): boolean {
  return status === Live || status === NotStarted || status === Paused || status === Lost;
}

/** Whether viewers see a picture, and so may be shown cards. */
export function shelfPresents(status: RoomStatus): boolean {
  return status === Live;
}

/** Seconds for which the card is still shown; 0: none is. */
export function cardSeconds(card: ShelfCard | null, now: number): number {
  return card === null ? 0 : Math.max(0, Math.ceil((card.until - now) / 1000));
}

/** The list with what is at `from` moved to `to`. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list];
  const [one] = next.splice(from, 1);
  if (one !== undefined) next.splice(Math.max(0, Math.min(to, next.length)), 0, one);
  return next;
}
