// Which engine is tried, and when the next one gets its turn.
import { expect, test } from 'vitest';
import { engineOrder, nextEngine, type Capabilities } from './choose';

const desktop: Capabilities = { mse: true, managedOnly: false, nativeHls: false, streamingFetch: true };

test('chromium_plays_flv_first_and_hls_js_after', () => {
  expect(engineOrder(desktop)).toEqual(['flv', 'hls']);
});

test('iphone_without_mse_plays_native_hls', () => {
  expect(engineOrder({ mse: false, managedOnly: false, nativeHls: true, streamingFetch: true })).toEqual([
    'native',
  ]);
});

test('iphone_with_managed_mse_still_prefers_native_hls', () => {
  expect(engineOrder({ mse: true, managedOnly: true, nativeHls: true, streamingFetch: true })).toEqual([
    'native',
    'hls',
  ]);
});

test('without_streaming_fetch_flv_is_left_out', () => {
  expect(engineOrder({ ...desktop, streamingFetch: false })).toEqual(['hls']);
});

test('a_preferred_engine_comes_first_only_when_it_can_play', () => {
  expect(engineOrder(desktop, 'hls')).toEqual(['hls', 'flv']);
  expect(engineOrder(desktop, 'native')).toEqual(['flv', 'hls']);
});

test('a_browser_that_can_do_nothing_gets_no_engine', () => {
  expect(engineOrder({ mse: false, managedOnly: false, nativeHls: false, streamingFetch: false })).toEqual(
    [],
  );
  expect(nextEngine([], 0, 'media', 1)).toBeNull();
});

test('a_broken_line_keeps_the_engine_until_the_third_failure', () => {
  const order = ['flv', 'hls'] as const;
  expect(nextEngine(order, 0, 'network', 1)?.engine).toBe('flv');
  expect(nextEngine(order, 0, 'network', 2)?.engine).toBe('flv');
  expect(nextEngine(order, 0, 'network', 3)?.engine).toBe('hls');
});

test('an_unplayable_stream_moves_on_at_once_and_round_to_the_first', () => {
  const order = ['flv', 'hls'] as const;
  expect(nextEngine(order, 0, 'media', 1)?.engine).toBe('hls');
  expect(nextEngine(order, 1, 'media', 1)?.engine).toBe('flv');
});
