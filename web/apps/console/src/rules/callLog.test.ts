// A rid is found in what people paste; numbers and durations read as they are meant.
import { expect, it } from 'vitest';
import { codeOf, ridIn, tookWords } from './callLog';

it.each([
  ['6968a940-0f3c9d11-5be2a0c4', '6968a940-0f3c9d11-5be2a0c4'],
  [
    '{"errcode":300022,"errmsg":"room not exist rid: 6968A940-0f3c9d11-5be2a0c4"}',
    '6968a940-0f3c9d11-5be2a0c4',
  ],
  ['X-Kaibo-Rid: 6968a940-0f3c9d11-5be2a0c4\n', '6968a940-0f3c9d11-5be2a0c4'],
  ['6968a940-0f3c9d11', null],
  ['room not exist', null],
  ['', null],
])('the rid of %j is %s', (text, rid) => {
  expect(ridIn(text)).toBe(rid);
});

it.each([
  [400, '0.4 ms'],
  [12_345, '12 ms'],
  [1_530_000, '1.5 s'],
])('%d µs are %s', (us, words) => {
  expect(tookWords(us)).toBe(words);
});

it('an error number may be negative, and words are none', () => {
  expect(codeOf(' -1 ')).toBe(-1);
  expect(codeOf('45009')).toBe(45009);
  expect(codeOf('')).toBeNull();
  expect(codeOf('4500x')).toBeUndefined();
});
