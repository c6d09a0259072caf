// What the form knows before it asks the server, which judges for good.

/** Whether the birth date in a number makes its owner 16 or 17 today: then a guardian is asked for. */
export function mayNeedGuardian(number: string, today: Date): boolean {
  const found = /^\d{6}(\d{4})(\d{2})(\d{2})\d{3}[\dXx]$/.exec(number.trim());
  if (!found) return false;
  const [year, month, day] = found.slice(1).map(Number) as [number, number, number];
  const hadBirthday =
    today.getMonth() + 1 > month || (today.getMonth() + 1 === month && today.getDate() >= day);
  const age = today.getFullYear() - year - (hadBirthday ? 0 : 1);
  return age >= 16 && age < 18;
}

/** What is wrong with a PIN and its repetition, at which field. */
export function pinProblem(pin: string, again: string): { field: 'pin' | 'pinAgain'; code: string } | null {
  if (!/^\d{6}$/.test(pin)) return { field: 'pin', code: 'pin_invalid' };
  if (pin !== again) return { field: 'pinAgain', code: 'pin_differs' };
  return null;
}
