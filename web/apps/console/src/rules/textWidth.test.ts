// How names are measured, in the same cases as the server's own.
import { describe, expect, it } from 'vitest';
import { inCharacters, isPlainText, textWidth } from './textWidth';

describe('textWidth', () => {
  it.each([
    ['开播', 4],
    ['Live 开播', 9],
    ['（１）', 6],
    ['ｱ', 1],
    ['', 0],
    ['👗', 2],
  ])('%s is %i half-width units', (text, units) => {
    expect(textWidth(text)).toBe(units);
  });

  it('tells a reader Chinese characters', () => {
    expect(inCharacters(34)).toBe(17);
    expect(inCharacters(7)).toBe(3.5);
  });
});

describe('isPlainText', () => {
  it.each(['双11 年货节·第2场', 'Summer sale!', 'ผลไม้สด', '618（下午场）'])('%s passes', (name) => {
    expect(isPlainText(name)).toBe(true);
  });

  it.each(['<b>sale</b>', 'sale 🎉', 'a\u{200b}b', 'line\nbreak', 'a\u{202e}b'])(
    '%s does not pass',
    (name) => {
      expect(isPlainText(name)).toBe(false);
    },
  );
});
