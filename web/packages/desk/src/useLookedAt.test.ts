// @vitest-environment happy-dom
// When a page gives its lines back.
import { effectScope } from 'vue';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useLookedAt } from './useLookedAt';

let hidden = false;

function turn(now: boolean): void {
  hidden = now;
  document.dispatchEvent(new Event('visibilitychange'));
}

beforeEach(() => {
  hidden = false;
  vi.useFakeTimers();
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('a hidden page leaves after ten seconds and returns at once', () => {
  const scope = effectScope();
  const lookedAt = scope.run(useLookedAt);
  turn(true);
  vi.advanceTimersByTime(9_999);
  expect(lookedAt?.value).toBe(true);
  vi.advanceTimersByTime(1);
  expect(lookedAt?.value).toBe(false);
  turn(false);
  expect(lookedAt?.value).toBe(true);
  scope.stop();
});

it('a glance at another tab changes nothing', () => {
  const scope = effectScope();
  const lookedAt = scope.run(useLookedAt);
  turn(true);
  vi.advanceTimersByTime(5_000);
  turn(false);
  vi.advanceTimersByTime(60_000);
  expect(lookedAt?.value).toBe(true);
  scope.stop();
});
