// When a shelf may be changed, how long a card is shown, how goods move.
import { expect, it } from 'vitest';
import type { RoomStatus } from '@kaibo/api';
import { cardSeconds, moved, shelfChanges, shelfPresents } from './shelf';

it('a shelf changes until the room is over, cards need a picture', () => {
  const all: RoomStatus[] = [101, 102, 103, 104, 105, 106, 107];
  expect(all.filter(shelfChanges)).toEqual([101, 102, 105, 106]);
  expect(all.filter(shelfPresents)).toEqual([101]);
});

it('a card counts down by whole seconds and is gone in its last moment', () => {
  const card = { goodsId: 1, until: 10_000 };
  expect(cardSeconds(card, 1)).toBe(10);
  expect(cardSeconds(card, 9_001)).toBe(1);
  expect(cardSeconds(card, 10_000)).toBe(0);
  expect(cardSeconds(card, 20_000)).toBe(0);
  expect(cardSeconds(null, 0)).toBe(0);
});

it('goods move up, down, to the top and nowhere beyond', () => {
  const list = ['a', 'b', 'c', 'd'];
  expect(moved(list, 2, 1)).toEqual(['a', 'c', 'b', 'd']);
  expect(moved(list, 1, 2)).toEqual(['a', 'c', 'b', 'd']);
  expect(moved(list, 3, 0)).toEqual(['d', 'a', 'b', 'c']);
  expect(moved(list, 0, 9)).toEqual(['b', 'c', 'd', 'a']);
  expect(moved(list, 9, 0)).toEqual(list);
  expect(list).toEqual(['a', 'b', 'c', 'd']);
});
