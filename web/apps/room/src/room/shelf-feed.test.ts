// @vitest-environment happy-dom
// The viewers' shelf: read with the room, anew after its events, gone where it is closed; a card has its time.
import type { PublicShelf, RoomView } from '@kaibo/api';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { effectScope, nextTick, ref, shallowRef, type EffectScope } from 'vue';
import { useShelfFeed, type ShelfFeed } from './shelf-feed';

const goods = (goodsId: number) => ({ goodsId, name: `goods ${goodsId}` });
const shelf = (ids: number[], card: PublicShelf['card'] = null) =>
  ({ items: ids.map(goods), card, explaining: null }) as unknown as PublicShelf;

let scope: EffectScope;
let answer: () => Promise<Response>;
let asked: string[];
const room = shallowRef<RoomView>({ roomId: 7, offset: 1, closeGoods: false } as RoomView);
const now = ref(0);

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  answer = () => Promise.resolve(new Response(JSON.stringify(shelf([1, 2]))));
  vi.stubGlobal('fetch', (path: string) => {
    asked.push(path);
    return answer();
  });
  room.value = { ...room.value, offset: 1, closeGoods: false };
  now.value = 0;
  scope = effectScope();
});
afterEach(() => {
  scope.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function open(): Promise<ShelfFeed> {
  const feed = scope.run(() => useShelfFeed(room, now))!;
  await vi.advanceTimersByTimeAsync(0);
  return feed;
}
async function change(next: Partial<RoomView>): Promise<void> {
  room.value = { ...room.value, ...next };
  await nextTick();
  await vi.advanceTimersByTimeAsync(400);
}

test('it_is_read_with_the_room_and_anew_with_each_view_of_the_room', async () => {
  const feed = await open();
  expect(asked).toEqual(['/v1/rooms/7/shelf']);
  expect(feed.shelf.value?.items.map(({ goodsId }) => goodsId)).toEqual([1, 2]);
  answer = () => Promise.resolve(new Response(JSON.stringify(shelf([2]))));
  await change({ now: 99 });
  expect(feed.shelf.value?.items.map(({ goodsId }) => goodsId)).toEqual([2]);
});

test('a_card_is_shown_until_its_time_is_over', async () => {
  answer = () => Promise.resolve(new Response(JSON.stringify(shelf([1, 2], { goodsId: 2, until: 10_000 }))));
  const feed = await open();
  expect(feed.card.value?.goodsId).toBe(2);
  now.value = 10_000;
  expect(feed.card.value).toBeNull();
});

test('a_closed_shelf_is_not_asked_for_and_one_that_closes_is_gone', async () => {
  const feed = await open();
  await change({ offset: 2, closeGoods: true });
  expect(feed.shelf.value).toBeNull();
  expect(asked.length).toBe(1);
});

test('a_shelf_that_could_not_be_read_is_asked_for_again', async () => {
  answer = () => Promise.resolve(new Response('', { status: 503 }));
  const feed = await open();
  expect(feed.shelf.value).toBeNull();
  answer = () => Promise.resolve(new Response(JSON.stringify(shelf([1]))));
  await vi.advanceTimersByTimeAsync(5000);
  expect(feed.shelf.value?.items.length).toBe(1);
});
