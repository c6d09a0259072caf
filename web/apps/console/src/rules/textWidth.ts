// Lengths and characters of names as the server counts them: a Chinese character is two half-width units.

/** Length in half-width units: Latin and half-width forms count 1, all else counts 2. */
export function textWidth(text: string): number {
  let units = 0;
  for (const char of text) units += isHalfWidth(char.codePointAt(0) ?? 0) ? 1 : 2;
  return units;
}

function isHalfWidth(code: number): boolean {
  return code <= 0xff || (code >= 0xff61 && code <= 0xffdc) || (code >= 0xffe8 && code <= 0xffee);
}

const PUNCTUATION = ' ·-—–_,，.。!！?？:：;；、()（）[]【】「」『』《》“”‘’\'"&＆+＋#%％~～@/|｜￥¥$…×*=°№';

/** Letters, digits and everyday punctuation of any script; no emoji, markup or control characters. */
export function isPlainText(text: string): boolean {
  for (const char of text) {
    if (!/[\p{L}\p{N}\p{M}]/u.test(char) && !PUNCTUATION.includes(char)) return false;
  }
  return true;
}

/** Half-width units as the Chinese characters a reader counts in: 7 units are 3.5. */
export function inCharacters(units: number): number {
  return units / 2;
}
