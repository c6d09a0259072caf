// Waiting times between tries: doubling, capped, jittered so that a restarted server is not hit by all at once.

export interface BackoffOptions {
  firstMs: number;
  maxMs: number;
}

/** Milliseconds to wait before try number `attempt` (0 = first retry): between half and all of the doubled time. */
export function backoffMs(
  attempt: number,
  { firstMs, maxMs }: BackoffOptions,
  random: () => number = Math.random,
): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 20));
  return Math.round(ceiling * (0.5 + random() / 2));
}
