// @vitest-environment happy-dom
// A visit by a share code hands its parameters on to the pages of goods.
import { afterEach, expect, test, vi } from 'vitest';
import { effectScope } from 'vue';
import { handedOn, useVisit } from './visit';

const customParams = { pid: 1, who: '小林&' };

afterEach(() => vi.unstubAllGlobals());

test('pages of goods get room and parameters, encoded once', () => {
  const visit = { roomId: '7', customParams };
  const encoded = '%7B%22pid%22%3A1%2C%22who%22%3A%22%E5%B0%8F%E6%9E%97%26%22%7D';
  expect(handedOn('pages/goods?id=1', visit)).toBe(`pages/goods?id=1&room_id=7&custom_params=${encoded}`);
  expect(handedOn('pages/goods', { roomId: '7', customParams: {} })).toBe('pages/goods?room_id=7');
  expect(handedOn('pages/goods#top', { roomId: '7', customParams: {} })).toBe('pages/goods?room_id=7#top');
});

test('without a code nothing is asked', () => {
  const fetch = vi.fn();
  vi.stubGlobal('fetch', fetch);
  const scope = effectScope();
  const visit = scope.run(() => useVisit('7', '?from=group'))!;
  expect(visit.value).toEqual({ roomId: '7', customParams: {} });
  expect(fetch).not.toHaveBeenCalled();
  scope.stop();
});

test('what a code brought is taken, of this room alone', async () => {
  const scope = effectScope();
  for (const [roomId, wanted] of [
    [7, customParams],
    [8, {}],
  ] as const) {
    let done = false;
    vi.stubGlobal('fetch', (path: string) => {
      expect(path).toBe('/v1/share-codes/abc');
      queueMicrotask(() => queueMicrotask(() => (done = true)));
      return Promise.resolve(new Response(JSON.stringify({ roomId, customParams })));
    });
    const visit = scope.run(() => useVisit('7', '?s=abc'))!;
    await vi.waitFor(() => expect(done).toBe(true));
    await vi.waitFor(() => expect(visit.value.customParams).toEqual(wanted));
  }
  scope.stop();
});
