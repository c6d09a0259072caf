// What the page's own address says: a room, or a code that enrols this device.

export type Place = { roomId: string } | { code: string } | null;

/** `/a/{roomId}` or `/a/{code}`; null when the address has neither. Codes are longer than any room's number. */
export function placeOfPath(path: string): Place {
  const text = /^\/a\/([^/]+)\/?$/.exec(path)?.[1];
  if (text === undefined) return null;
  if (/^[1-9]\d{0,9}$/.test(text)) return { roomId: text };
  try {
    return { code: decodeURIComponent(text) };
  } catch {
    return null;
  }
}
