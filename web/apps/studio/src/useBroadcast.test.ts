// @vitest-environment happy-dom
// The anchor's desk over a bad line, and what it says of an action that did not work.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { effectScope, type EffectScope } from 'vue';
import { useBroadcast } from './useBroadcast';

let scope: EffectScope;
let answers: Record<string, () => Promise<Response>>;
let stream: ReadableStreamDefaultController<Uint8Array>;

const view = (offset: number, status: number) =>
  JSON.stringify({ roomId: 7, status, offset, armed: false, now: Date.now() });
const refused = (status: number, code: string) => () =>
  Promise.resolve(new Response(JSON.stringify({ error: { code, message: 'm' } }), { status }));
const flowing = () =>
  Promise.resolve(
    new Response(new ReadableStream<Uint8Array>({ start: (controller) => void (stream = controller) })),
  );
async function send(text: string): Promise<void> {
  stream.enqueue(new TextEncoder().encode(text));
  await vi.advanceTimersByTimeAsync(0);
}

beforeEach(() => {
  vi.useFakeTimers();
  answers = { '/v1/broadcast/events': flowing, '/v1/broadcast': refused(503, 'busy') };
  vi.stubGlobal('fetch', (path: string) => answers[path]!());
  scope = effectScope();
});
afterEach(() => {
  scope.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function open() {
  const desk = scope.run(() => useBroadcast('7'))!;
  await vi.advanceTimersByTimeAsync(0);
  return desk;
}

it('opens without an event stream too', async () => {
  answers['/v1/broadcast/events'] = refused(429, 'too_many_streams');
  answers['/v1/broadcast'] = () => Promise.resolve(new Response(view(1, 102)));
  const desk = await open();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(desk.view.value?.status).toBe(102);
});

it('says why a start failed until the room has moved on', async () => {
  const desk = await open();
  await send(`event: broadcast\ndata: ${view(1, 102)}\n\n`);
  answers['/v1/broadcast/start'] = refused(409, 'live_limit');
  await desk.start();
  expect(desk.actionError.value?.code).toBe('live_limit');
  await send(`event: broadcast\ndata: ${view(2, 102)}\n\n`);
  expect(desk.actionError.value?.code).toBe('live_limit');
  await send(`event: broadcast\ndata: ${view(3, 101)}\n\n`);
  expect(desk.actionError.value).toBeNull();
});

it('shows the new state and the reason when the room had moved on before the action', async () => {
  const desk = await open();
  await send(`event: broadcast\ndata: ${view(1, 101)}\n\n`);
  answers['/v1/broadcast/end'] = refused(409, 'not_allowed_in_status');
  answers['/v1/broadcast'] = () => Promise.resolve(new Response(view(2, 103)));
  await desk.end();
  expect(desk.view.value?.status).toBe(103);
  expect(desk.actionError.value?.code).toBe('not_allowed_in_status');
});

it('a renewed code leaves nothing to see', async () => {
  const desk = await open();
  await send(`event: broadcast\ndata: ${view(1, 101)}\n\n`);
  answers['/v1/broadcast/events'] = refused(404, 'device_unknown');
  stream.close();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(desk.trouble.value).toBe('badDevice');
});
