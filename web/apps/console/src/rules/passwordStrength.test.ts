// The hint beside a new password.
import { expect, it } from 'vitest';
import { passwordStrength } from './passwordStrength';

it.each([
  ['short', 'tooShort'],
  ['aaaaaaaaaaaa', 'weak'],
  ['abcdefghijkl', 'weak'],
  ['owner-owner-2026', 'weak'],
  ['dragon77tree', 'fair'],
  ['Quiet-River-42-lamp', 'strong'],
  ['correct horse battery staple', 'strong'],
])('%s is %s', (password, strength) => {
  expect(passwordStrength(password, 'owner')).toBe(strength);
});
