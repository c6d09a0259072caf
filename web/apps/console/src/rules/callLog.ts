// Reading the log of calls: the rid in whatever was pasted, and durations as people read them.

/** Three groups of hex, as they stand at the end of every error's text and in `X-Kaibo-Rid`. */
const RID = /\b[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}\b/i;

/** The rid in a pasted text, such as a whole error message; null: there is none. */
export function ridIn(text: string): string | null {
  return RID.exec(text)?.[0].toLowerCase() ?? null;
}

/** `0.4 ms`, `12 ms`, `1.5 s`. */
export function tookWords(us: number): string {
  const ms = us / 1000;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** A typed error number; null: nothing was typed; undefined: it is no number. */
export function codeOf(text: string): number | null | undefined {
  const typed = text.trim();
  if (typed === '') return null;
  return /^-?\d{1,9}$/.test(typed) ? Number(typed) : undefined;
}
