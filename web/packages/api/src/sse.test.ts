// The event stream: cut right whatever the pieces, followed through broken lines, given up only when refused.
import { afterEach, expect, test, vi } from 'vitest';
import { backoffMs } from './backoff';
import { ApiError } from './http';
import { SseParser, subscribe, type LineState, type SseEvent, type Subscription } from './sse';

const STREAM = ': ping\r\nretry: 1500\r\nevent: room\r\nid: 7\r\ndata: {"a":\r\ndata: 1}\r\n\r\ndata: x\n\n';

test('events_are_the_same_however_the_bytes_are_cut', () => {
  for (let size = 1; size <= STREAM.length; size += 1) {
    const parser = new SseParser();
    const events: SseEvent[] = [];
    for (let at = 0; at < STREAM.length; at += size) events.push(...parser.push(STREAM.slice(at, at + size)));
    expect(events).toEqual([
      { event: 'room', data: '{"a":\n1}', id: '7' },
      { event: 'message', data: 'x', id: '7' },
    ]);
    expect(parser.retryMs).toBe(1500);
  }
});

test('a_line_without_end_is_refused', () => {
  const parser = new SseParser();
  expect(() => parser.push('x'.repeat((1 << 20) + 1))).toThrow('too long');
});

test('back_off_doubles_up_to_its_cap_and_is_jittered', () => {
  const options = { firstMs: 1000, maxMs: 20_000 };
  expect(backoffMs(0, options, () => 1)).toBe(1000);
  expect(backoffMs(2, options, () => 1)).toBe(4000);
  expect(backoffMs(99, options, () => 1)).toBe(20_000);
  expect(backoffMs(0, options, () => 0)).toBe(500);
});

let subscription: Subscription | undefined;
afterEach(() => {
  subscription?.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a_broken_line_is_tried_again_with_the_same_headers', async () => {
  vi.useFakeTimers();
  const headers: (string | null)[] = [];
  let calls = 0;
  vi.stubGlobal('fetch', (_path: string, init: RequestInit) => {
    calls += 1;
    headers.push(new Headers(init.headers).get('Authorization'));
    if (calls === 1) return Promise.reject(new TypeError('network'));
    return Promise.resolve(new Response(`event: room\ndata: ${calls}\n\n`));
  });
  const seen: string[] = [];
  const lines: LineState[] = [];
  subscription = subscribe('/v1/x', {
    headers: { Authorization: 'Broadcast abc' },
    onEvent: ({ data }) => seen.push(data),
    onLine: (state) => lines.push(state),
  });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(seen.slice(0, 2)).toEqual(['2', '3']);
  expect(headers.every((value) => value === 'Broadcast abc')).toBe(true);
  expect(lines.slice(0, 4)).toEqual(['connecting', 'waiting', 'connecting', 'open']);
});

test('a_silent_line_counts_as_broken', async () => {
  vi.useFakeTimers();
  let calls = 0;
  vi.stubGlobal('fetch', (_path: string, init: RequestInit) => {
    calls += 1;
    return new Promise((_resolve, reject) => {
      init.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
    });
  });
  subscription = subscribe('/v1/x', { onEvent: () => {}, silenceMs: 40_000 });
  await vi.advanceTimersByTimeAsync(42_000);
  expect(calls).toBe(2);
});

test('a_refusal_ends_the_subscription', async () => {
  let calls = 0;
  vi.stubGlobal('fetch', () => {
    calls += 1;
    const body = JSON.stringify({ error: { code: 'room_not_found', message: '直播间不存在' } });
    return Promise.resolve(new Response(body, { status: 404 }));
  });
  const error = await new Promise<ApiError>((resolve) => {
    subscription = subscribe('/v1/x', { onEvent: () => {}, onRefused: resolve });
  });
  expect(error.code).toBe('room_not_found');
  expect(error.message).toBe('直播间不存在');
  expect(calls).toBe(1);
});
