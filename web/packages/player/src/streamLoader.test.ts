// @vitest-environment happy-dom
// The loader against a server that is played by hand: what arrives, and what is let go of.
import { afterEach, expect, test, vi } from 'vitest';
import { StreamLoader } from './streamLoader';

/** A server that sends `parts` and then stays silent, or ends. */
function server(parts: number[][], ends: boolean) {
  const signals: AbortSignal[] = [];
  vi.stubGlobal('fetch', (_url: string, init: { signal: AbortSignal }) => {
    signals.push(init.signal);
    const body = new ReadableStream<Uint8Array>({
      start(line) {
        parts.forEach((part) => line.enqueue(new Uint8Array(part)));
        if (ends) line.close();
        init.signal.addEventListener('abort', () => line.error(new DOMException('aborted', 'AbortError')));
      },
    });
    return Promise.resolve(new Response(body));
  });
  return signals;
}

afterEach(() => vi.unstubAllGlobals());

test('hands on every part with its place in the stream', async () => {
  server([[1, 2], [3]], true);
  const loader = new StreamLoader();
  const got: [number[], number, number?][] = [];
  loader.onDataArrival = (part, from, received) => got.push([[...new Uint8Array(part)], from, received]);
  const end = new Promise<number>((resolve) => (loader.onComplete = (_from, to) => resolve(to)));
  loader.open({ url: '/live/a.flv' });
  expect(await end).toBe(2);
  expect(got).toEqual([
    [[1, 2], 0, 2],
    [[3], 2, 3],
  ]);
});

test('lets go of a line that fell silent, and says nothing of it', async () => {
  const signals = server([[1]], false);
  const loader = new StreamLoader();
  const failed = vi.fn();
  loader.onError = failed;
  const arrived = new Promise<void>((resolve) => (loader.onDataArrival = () => resolve()));
  loader.open({ url: '/live/a.flv' });
  await arrived;
  expect(loader.isWorking()).toBe(true);
  loader.destroy();
  expect(signals[0]?.aborted).toBe(true);
  expect(loader.isWorking()).toBe(false);
  expect(failed).not.toHaveBeenCalled();
});

test('reports an answer that is no stream', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('no', { status: 404 })));
  const loader = new StreamLoader();
  const failure = new Promise((resolve) => (loader.onError = (kind, info) => resolve([kind, info.code])));
  loader.open({ url: '/live/a.flv' });
  expect(await failure).toEqual(['HttpStatusCodeInvalid', 404]);
});
