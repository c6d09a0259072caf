// Times a room on air is measured by.

/** Milliseconds until `at`, never negative; null when there is no such time. */
export function timeLeft(at: number | null, now: number): number | null {
  return at === null ? null : Math.max(0, at - now);
}

/** How long the broadcast has run, or ran; null before its start. */
export function lastedFor(
  room: { startedAt: number | null; endedAt: number | null },
  now: number,
): number | null {
  if (room.startedAt === null) return null;
  return Math.max(0, (room.endedAt ?? now) - room.startedAt);
}
