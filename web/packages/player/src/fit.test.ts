// A picture fills its box when little is lost, else it is shown whole.
import { expect, test } from 'vitest';
import { fitOf } from './fit';

const phone = { width: 360, height: 780 };

test('a_portrait_picture_fills_a_tall_phone', () => {
  expect(fitOf({ width: 1080, height: 1920 }, phone)).toBe('cover');
});

test('a_landscape_picture_on_a_phone_is_shown_whole', () => {
  expect(fitOf({ width: 1920, height: 1080 }, phone)).toBe('contain');
});

test('a_picture_of_unknown_size_fills', () => {
  expect(fitOf({ width: 0, height: 0 }, phone)).toBe('cover');
});
