// @vitest-environment happy-dom
// The page's view of a room: by event stream, by asking while no stream gets through, until the room is gone.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { effectScope, type EffectScope } from 'vue';
import { useRoomFeed, type RoomFeed } from './room-feed';

const view = (offset: number, status: number) =>
  JSON.stringify({ roomId: 7, name: 'x', status, offset, now: Date.now() + 5000, play: null });

let scope: EffectScope;
let stream: ReadableStreamDefaultController<Uint8Array> | null;
let events: () => Promise<Response>;
let room: () => Promise<Response>;

const notFound = () =>
  Promise.resolve(new Response('{"error":{"code":"room_not_found","message":"m"}}', { status: 404 }));
const flowing = () =>
  Promise.resolve(
    new Response(
      new ReadableStream<Uint8Array>({
        start: (controller) => {
          stream = controller;
        },
      }),
    ),
  );
const send = async (text: string) => {
  stream?.enqueue(new TextEncoder().encode(text));
  await vi.advanceTimersByTimeAsync(0);
};

beforeEach(() => {
  vi.useFakeTimers();
  stream = null;
  events = flowing;
  room = notFound;
  vi.stubGlobal('fetch', (path: string) => (path.endsWith('/events') ? events() : room()));
  scope = effectScope();
});

afterEach(() => {
  scope.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function open(): Promise<RoomFeed> {
  const feed = scope.run(() => useRoomFeed('7'))!;
  await vi.advanceTimersByTimeAsync(0);
  return feed;
}

test('every_event_is_the_new_view_and_sets_the_servers_clock', async () => {
  const feed = await open();
  expect(feed.state.value).toBe('loading');
  await send(`event: room\ndata: ${view(1, 102)}\n\n`);
  expect(feed.state.value).toBe('ready');
  expect(feed.skew.value).toBe(5000);
  await send(`event: room\ndata: ${view(2, 101)}\n\n`);
  expect(feed.room.value?.status).toBe(101);
});

test('an_unknown_room_and_a_deleted_one_are_both_unknown', async () => {
  events = notFound;
  expect((await open()).state.value).toBe('unknown');
  events = flowing;
  const second = scope.run(() => useRoomFeed('7'))!;
  await vi.advanceTimersByTimeAsync(0);
  await send(`event: room\ndata: ${view(1, 102)}\n\nevent: gone\ndata: {}\n\n`);
  expect(second.state.value).toBe('unknown');
  expect(second.room.value).toBeNull();
});

test('held_back_events_are_made_up_for_by_asking', async () => {
  room = () => Promise.resolve(new Response(view(3, 101)));
  const feed = await open();
  await vi.advanceTimersByTimeAsync(5000);
  expect(feed.room.value?.status).toBe(101);
});

test('a_line_down_for_seconds_is_told_and_a_blink_is_not', async () => {
  const feed = await open();
  await send(`event: room\ndata: ${view(1, 101)}\n\n`);
  room = events = () => Promise.reject(new TypeError('down'));
  stream?.close();
  await vi.advanceTimersByTimeAsync(1000);
  expect(feed.troubled.value).toBe(false);
  await vi.advanceTimersByTimeAsync(3000);
  expect(feed.troubled.value).toBe(true);
  expect(feed.room.value?.status).toBe(101);
  events = flowing;
  await vi.advanceTimersByTimeAsync(20_000);
  await send(`event: room\ndata: ${view(2, 103)}\n\n`);
  expect(feed.troubled.value).toBe(false);
  expect(feed.room.value?.status).toBe(103);
});

test('a_server_that_never_answers_shows_a_broken_page_that_mends_itself', async () => {
  events = () => Promise.reject(new TypeError('down'));
  room = events;
  const feed = await open();
  await vi.advanceTimersByTimeAsync(4000);
  expect(feed.state.value).toBe('broken');
  events = flowing;
  await vi.advanceTimersByTimeAsync(20_000);
  await send(`event: room\ndata: ${view(1, 102)}\n\n`);
  expect(feed.state.value).toBe('ready');
});

test('a_room_that_is_gone_is_not_brought_back_by_a_late_answer', async () => {
  let answer: (response: Response) => void = () => {};
  room = () => new Promise((resolve) => (answer = resolve));
  const feed = await open();
  await vi.advanceTimersByTimeAsync(5000);
  await send('event: gone\ndata: {}\n\n');
  answer(new Response(view(1, 101)));
  await vi.advanceTimersByTimeAsync(0);
  expect(feed.state.value).toBe('unknown');
  expect(feed.room.value).toBeNull();
});

test('where_no_event_stream_gets_through_asking_is_enough_and_no_trouble', async () => {
  events = () => Promise.resolve(new Response('', { status: 429 }));
  room = () => Promise.resolve(new Response(view(1, 101)));
  const feed = await open();
  await vi.advanceTimersByTimeAsync(5000);
  for (let second = 0; second < 60; second += 1) {
    await vi.advanceTimersByTimeAsync(1000);
    expect(feed.troubled.value).toBe(false);
  }
});

test('a_page_that_is_seen_again_asks_at_once_even_on_an_open_line', async () => {
  const feed = await open();
  await send(`event: room\ndata: ${view(1, 101)}\n\n`);
  room = () => Promise.resolve(new Response(view(2, 103)));
  document.dispatchEvent(new Event('visibilitychange'));
  await vi.advanceTimersByTimeAsync(0);
  expect(feed.room.value?.status).toBe(103);
});
