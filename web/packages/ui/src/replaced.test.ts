// @vitest-environment happy-dom
// When a page loads itself anew.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { reloadWhenReplaced } from './replaced';

const reload = vi.fn();
let answer: () => Promise<Response>;
reloadWhenReplaced(reload);

async function partMissing(): Promise<void> {
  window.dispatchEvent(new Event('vite:preloadError'));
  await vi.advanceTimersByTimeAsync(0);
}

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
  reload.mockClear();
  vi.stubGlobal('fetch', () => answer());
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('a part that is gone from a server that answers loads the page anew, once', async () => {
  answer = () => Promise.resolve(new Response('<html>'));
  await partMissing();
  await partMissing();
  expect(reload).toHaveBeenCalledOnce();
});

it('without a network the page stays as it is', async () => {
  answer = () => Promise.reject(new TypeError('offline'));
  await partMissing();
  expect(reload).not.toHaveBeenCalled();
});
