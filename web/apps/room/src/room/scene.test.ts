// Each status has its scene, and old answers do not undo new ones.
import { RoomStatus, type RoomView } from '@kaibo/api';
import { expect, test } from 'vitest';
import { isNewer } from './room-feed';
import { hasPicture, sceneOf } from './scene';

const room = (change: Partial<RoomView>): RoomView => ({
  roomId: 1,
  name: '测试直播间',
  status: RoomStatus.NotStarted,
  startAt: 1000,
  endAt: 2000,
  startedAt: null,
  endedAt: null,
  anchorName: '主播',
  coverUrl: null,
  shareUrl: null,
  play: null,
  closeComment: false,
  closeGoods: false,
  closeLike: false,
  closeShare: false,
  closeReplay: false,
  banComment: false,
  customerServiceUrl: null,
  offset: 5,
  now: 0,
  banReason: null,
  ...change,
});

test('before_its_time_a_room_counts_down_and_after_it_is_about_to_start', () => {
  expect(sceneOf(room({}), 999)).toBe('countdown');
  expect(sceneOf(room({}), 1000)).toBe('soon');
});

test('every_status_has_its_scene', () => {
  const scenes = [101, 103, 104, 105, 106, 107].map((status) =>
    sceneOf(room({ status: status as RoomStatus }), 0),
  );
  expect(scenes).toEqual(['live', 'ended', 'banned', 'paused', 'away', 'expired']);
});

test('the_picture_stays_while_the_anchor_is_away_and_goes_when_paused', () => {
  expect(hasPicture('away')).toBe(true);
  expect(hasPicture('paused')).toBe(false);
});

test('an_answer_overtaken_by_an_event_is_dropped', () => {
  expect(isNewer(null, room({}))).toBe(true);
  expect(isNewer(room({ offset: 6 }), room({ offset: 5 }))).toBe(false);
  expect(isNewer(room({ offset: 6 }), room({ offset: 6, status: RoomStatus.Live }))).toBe(true);
});
