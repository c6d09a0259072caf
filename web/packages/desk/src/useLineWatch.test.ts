// When a page says that the server cannot be reached, and when it reads anew.
import { effectScope } from 'vue';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useLineWatch } from './useLineWatch';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watched() {
  const onBack = vi.fn();
  const scope = effectScope();
  return { onBack, scope, line: scope.run(() => useLineWatch(onBack))! };
}

it('a blink is not told, but what passed meanwhile is read', () => {
  const { line, onBack } = watched();
  line.note('connecting');
  line.note('open');
  expect(onBack).not.toHaveBeenCalled();
  line.note('waiting');
  vi.advanceTimersByTime(1_500);
  line.note('connecting');
  line.note('open');
  vi.advanceTimersByTime(60_000);
  expect(line.down.value).toBe(false);
  expect(onBack).toHaveBeenCalledOnce();
});

it('a broken line stays told through every try until one succeeds', () => {
  const { line } = watched();
  for (let round = 0; round < 3; round += 1) {
    line.note('waiting');
    vi.advanceTimersByTime(2_000);
    expect(line.down.value).toBe(true);
    line.note('connecting');
    expect(line.down.value).toBe(true);
  }
  line.note('open');
  expect(line.down.value).toBe(false);
});

it('a line that was closed on purpose is not down', () => {
  const { line } = watched();
  line.note('waiting');
  line.note('closed');
  vi.advanceTimersByTime(60_000);
  expect(line.down.value).toBe(false);
});
