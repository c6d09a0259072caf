import { expect, it } from 'vitest';
import { mayNeedGuardian, pinProblem } from './identity';

const today = new Date(2026, 10, 25);

it.each([
  ['110000201011250026', true],
  ['110000201011260026', false],
  ['110000200811260026', true],
  ['110000200811250026', false],
  ['11000020081126002', false],
  ['', false],
])('a guardian is asked for at 16 and 17: %s', (number, asked) => {
  expect(mayNeedGuardian(number, today)).toBe(asked);
});

it('a PIN is six digits, twice the same', () => {
  expect(pinProblem('730164', '730164')).toBeNull();
  expect(pinProblem('73016', '73016')).toEqual({ field: 'pin', code: 'pin_invalid' });
  expect(pinProblem('73016a', '73016a')).toEqual({ field: 'pin', code: 'pin_invalid' });
  expect(pinProblem('730164', '730165')).toEqual({ field: 'pinAgain', code: 'pin_differs' });
});
