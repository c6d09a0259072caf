// The live edge is followed gently, holes are stepped over, a standstill is measured.
import { expect, test } from 'vitest';
import { StallWatch, overHole, pace, retryDelayMs } from './pace';

test('near_the_edge_playback_is_left_alone', () => {
  expect(pace(10, 12, 1)).toEqual({ rate: 1, seekTo: null });
});

test('behind_three_seconds_playback_hurries_until_it_has_caught_up', () => {
  expect(pace(10, 13.5, 1).rate).toBe(1.1);
  expect(pace(10, 12, 1.1).rate).toBe(1.1);
  expect(pace(10, 11.1, 1.1).rate).toBe(1);
});

test('further_behind_playback_hurries_more_and_never_above_1_2', () => {
  expect(pace(10, 16, 1).rate).toBe(1.2);
  expect(pace(10, 13.5, 1.2).rate).toBe(1.2);
});

test('far_behind_playback_jumps_to_a_second_before_the_edge', () => {
  expect(pace(10, 40, 1.2)).toEqual({ rate: 1, seekTo: 39 });
});

test('a_hole_before_the_next_range_is_stepped_over', () => {
  expect(
    overHole(5, [
      [0, 5],
      [5.5, 9],
    ]),
  ).toBeCloseTo(5.55);
  expect(
    overHole(4, [
      [0, 5],
      [5.5, 9],
    ]),
  ).toBeNull();
  expect(
    overHole(9, [
      [0, 5],
      [5.5, 9],
    ]),
  ).toBeNull();
  expect(overHole(0, [[2, 5]])).toBeCloseTo(2.05);
});

test('standing_still_is_counted_from_the_last_movement', () => {
  const watch = new StallWatch(0);
  expect(watch.look(1, 1000)).toBe(0);
  expect(watch.look(1, 3000)).toBe(2000);
  expect(watch.look(1.5, 4000)).toBe(0);
  watch.reset(9000);
  expect(watch.look(1.5, 9000)).toBe(0);
});

test('retries_double_up_to_fifteen_seconds_with_jitter', () => {
  expect(retryDelayMs(0, () => 1)).toBe(500);
  expect(retryDelayMs(3, () => 1)).toBe(4000);
  expect(retryDelayMs(50, () => 1)).toBe(15_000);
  expect(retryDelayMs(50, () => 0)).toBe(9000);
});
