// Which of two views is the newer one.
import { expect, test } from 'vitest';
import { isOvertaken } from './overtaken';

const view = (offset: number, now: number) => ({ offset, now });

test('the_place_among_the_views_decides_even_after_the_clock_was_set_back', () => {
  expect(isOvertaken(null, view(1, 1))).toBe(false);
  expect(isOvertaken(view(5, 3_600_000), view(6, 0))).toBe(false);
  expect(isOvertaken(view(5, 0), view(4, 1))).toBe(true);
});

test('of_two_views_of_one_place_the_later_stays', () => {
  expect(isOvertaken(view(5, 10), view(5, 9))).toBe(true);
  expect(isOvertaken(view(5, 10), view(5, 11))).toBe(false);
});
