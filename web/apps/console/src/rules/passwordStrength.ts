// How hard a new password is to guess, as a hint beside the field; only the length is a rule.

/** Shortest password the server takes. */
export const MIN_PASSWORD = 10;

export type Strength = 'tooShort' | 'weak' | 'fair' | 'strong';

/** Judges by length and by how many different characters there are. */
export function passwordStrength(password: string, name = ''): Strength {
  const characters = [...password];
  if (characters.length < MIN_PASSWORD) return 'tooShort';
  const different = new Set(characters).size;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((kind) => kind.test(password)).length;
  if (different < 5 || (name.length > 2 && password.toLowerCase().includes(name.toLowerCase())))
    return 'weak';
  if (isRun(characters)) return 'weak';
  if (different >= 10 && (kinds >= 3 || characters.length >= 16)) return 'strong';
  return kinds >= 2 || characters.length >= 14 ? 'fair' : 'weak';
}

// 1234567890 or abcdefghij: every step the same.
function isRun(characters: string[]): boolean {
  const codes = characters.map((char) => char.codePointAt(0) ?? 0);
  const step = (codes[1] ?? 0) - (codes[0] ?? 0);
  return codes.every((code, at) => at === 0 || code - (codes[at - 1] ?? 0) === step);
}
