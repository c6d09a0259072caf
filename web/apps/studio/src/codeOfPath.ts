// The broadcast code in the page's own address.

/** The code in `/a/{code}`; null when the address has none. */
export function codeOfPath(path: string): string | null {
  const code = /^\/a\/([^/]+)\/?$/.exec(path)?.[1];
  if (code === undefined) return null;
  try {
    return decodeURIComponent(code);
  } catch {
    return null;
  }
}
