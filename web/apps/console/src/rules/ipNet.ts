// Addresses and networks as the server's allow-list takes them: `203.0.113.7`, `10.0.0.0/8`, `2001:db8::/32`.

interface Net {
  bits: bigint;
  width: 32 | 128;
  prefix: number;
}

/** Most entries that the server takes. */
export const MOST_NETS = 200;

/** The entries of a text that has one a line, or several behind commas. */
export function entriesOf(text: string): string[] {
  return text
    .split(/[\s,，、;；]+/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** Entries that are neither an address nor a network. */
export function wrongEntries(entries: readonly string[]): string[] {
  return entries.filter((entry) => netOf(entry) === null);
}

/** Whether an address is let in by a list; an empty one lets everybody in. */
export function isCovered(address: string, entries: readonly string[]): boolean {
  if (entries.length === 0) return true;
  const one = netOf(address);
  if (one === null) return false;
  return entries.some((entry) => {
    const net = netOf(entry);
    if (net === null || net.width !== one.width) return false;
    const shift = BigInt(net.width - net.prefix);
    return net.bits >> shift === one.bits >> shift;
  });
}

/** A network of one address as that address: its prefix tells nobody anything. */
export function shortNet(net: string): string {
  return net.replace(net.includes(':') ? /\/128$/ : /\/32$/, '');
}

function netOf(text: string): Net | null {
  const [address = '', prefixText, ...rest] = text.split('/');
  if (rest.length > 0) return null;
  const parsed = fourOf(address) ?? sixOf(address);
  if (parsed === null) return null;
  if (prefixText === undefined) return { ...parsed, prefix: parsed.width };
  if (!/^\d{1,3}$/.test(prefixText)) return null;
  const prefix = Number(prefixText);
  return prefix <= parsed.width ? { ...parsed, prefix } : null;
}

function fourOf(text: string): Omit<Net, 'prefix'> | null {
  const parts = text.split('.');
  // A leading zero means an octal number to some programs, so the server takes none.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return null;
  const bits = parts.reduce((all, part) => (all << 8n) | BigInt(part), 0n);
  return { bits, width: 32 };
}

function sixOf(text: string): Omit<Net, 'prefix'> | null {
  const halves = text.split('::');
  if (!text.includes(':') || halves.length > 2) return null;
  const groups = halves.map(groupsOf);
  const [head, tail] = [groups[0], groups[1]];
  if (!head || (halves.length === 2 && !tail)) return null;
  const given = head.length + (tail?.length ?? 0);
  if (halves.length === 1 ? given !== 8 : given > 7) return null;
  const all = [...head, ...Array<bigint>(8 - given).fill(0n), ...(tail ?? [])];
  const bits = all.reduce((sum, group) => (sum << 16n) | group, 0n);
  // An IPv4 address in IPv6's clothes is the IPv4 address.
  if (bits >> 32n === 0xffffn) return { bits: bits & 0xffffffffn, width: 32 };
  return { bits, width: 128 };
}

function groupsOf(half: string): bigint[] | null {
  if (half === '') return [];
  const parts = half.split(':');
  const last = fourOf(parts.at(-1) ?? '');
  if (last) parts.splice(-1, 1, (last.bits >> 16n).toString(16), (last.bits & 0xffffn).toString(16));
  return parts.every((part) => /^[0-9a-f]{1,4}$/i.test(part))
    ? parts.map((part) => BigInt(`0x${part}`))
    : null;
}
