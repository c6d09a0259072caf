// @vitest-environment happy-dom
// The player's life with engines of our own making: it recovers by itself, and waits where waiting is right.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { EngineName, Failure } from './choose';
import type { EngineEvents } from './engine';
import { createPlayer, type LivePlayer } from './player';

interface Attached {
  name: EngineName;
  events: EngineEvents;
  destroyed: boolean;
}

let video: HTMLVideoElement;
let attached: Attached[];
let position: number;
let player: LivePlayer;
let playAnswer: () => Promise<void>;

const load = (name: EngineName) =>
  Promise.resolve((_video: unknown, _sources: unknown, events: EngineEvents) => {
    const engine: Attached = { name, events, destroyed: false };
    attached.push(engine);
    return {
      paced: true,
      liveEdge: () => null,
      destroy: () => {
        engine.destroyed = true;
      },
    };
  });

const last = () => attached[attached.length - 1]!;
const phase = () => player.state.phase;

/** Lets the picture move for `seconds`. */
async function moves(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    position += 1;
    video.dispatchEvent(new Event('timeupdate'));
    await vi.advanceTimersByTimeAsync(1000);
  }
}

async function fails(failure: Failure): Promise<void> {
  last().events.onFailure(failure, 'test');
  await vi.advanceTimersByTimeAsync(0);
}

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal('MediaSource', { isTypeSupported: () => true });
  attached = [];
  position = 0;
  playAnswer = () => Promise.resolve();
  video = document.createElement('video');
  Object.defineProperties(video, {
    currentTime: { get: () => position, set: (value: number) => (position = value) },
    readyState: { get: () => 4 },
    paused: { get: () => false },
    buffered: { get: () => ({ length: 0 }) },
    canPlayType: { value: () => '' },
    play: { value: () => playAnswer() },
  });
});

afterEach(() => {
  player.destroy();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function start(): Promise<void> {
  player = createPlayer(video, { flv: '/a.flv', hls: '/a.m3u8' }, { onState: () => {} }, load);
  await vi.advanceTimersByTimeAsync(0);
}

test('starts_muted_and_plays_when_the_picture_moves', async () => {
  await start();
  expect(phase()).toBe('connecting');
  expect(video.muted).toBe(true);
  await moves(1);
  expect(phase()).toBe('playing');
  expect(player.state.engine).toBe('flv');
});

test('a_broken_line_is_tried_again_by_itself', async () => {
  await start();
  await moves(2);
  await fails('network');
  expect(phase()).toBe('waiting');
  expect(last().destroyed).toBe(true);
  await vi.advanceTimersByTimeAsync(600);
  expect(attached).toHaveLength(2);
  await moves(1);
  expect(phase()).toBe('playing');
});

test('a_standing_picture_shows_a_hint_and_then_a_new_attempt', async () => {
  await start();
  await moves(2);
  await vi.advanceTimersByTimeAsync(3000);
  expect(phase()).toBe('stalled');
  await vi.advanceTimersByTimeAsync(5000);
  expect(attached.length).toBeGreaterThan(1);
});

test('while_held_a_standing_picture_is_no_fault_and_let_go_it_is_again', async () => {
  await start();
  await moves(2);
  player.hold(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(attached).toHaveLength(1);
  expect(phase()).toBe('playing');
  player.hold(false);
  await vi.advanceTimersByTimeAsync(8000);
  expect(attached.length).toBeGreaterThan(1);
});

test('let_go_with_the_line_down_it_tries_at_once', async () => {
  await start();
  await moves(2);
  player.hold(true);
  await fails('network');
  await vi.advanceTimersByTimeAsync(5000);
  expect(attached).toHaveLength(1);
  player.hold(false);
  await vi.advanceTimersByTimeAsync(0);
  expect(attached).toHaveLength(2);
});

test('an_unplayable_stream_is_handed_to_the_next_engine', async () => {
  await start();
  await fails('media');
  await vi.advanceTimersByTimeAsync(600);
  expect(last().name).toBe('hls');
});

test('flashes_of_picture_do_not_reset_the_waiting_time', async () => {
  await start();
  for (let round = 0; round < 4; round += 1) {
    await moves(1);
    await fails('network');
    await vi.advanceTimersByTimeAsync(6_000);
  }
  expect(player.state.failures).toBe(4);
  await moves(8);
  expect(player.state.failures).toBe(0);
});

test('a_browser_that_refuses_autoplay_asks_for_a_tap', async () => {
  playAnswer = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  await start();
  expect(phase()).toBe('blocked');
  playAnswer = () => Promise.resolve();
  player.resume();
  await vi.advanceTimersByTimeAsync(0);
  await moves(1);
  expect(phase()).toBe('playing');
});

test('sound_refused_falls_back_to_muted_playback', async () => {
  await start();
  await moves(1);
  playAnswer = () =>
    video.muted ? Promise.resolve() : Promise.reject(new DOMException('no', 'NotAllowedError'));
  player.unmute();
  expect(player.state.muted).toBe(false);
  await vi.advanceTimersByTimeAsync(0);
  expect(player.state.muted).toBe(true);
  expect(phase()).toBe('playing');
});

test('hidden_and_muted_it_gives_the_line_back_and_returns_when_seen', async () => {
  let hidden = false;
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden);
  const turn = async (now: boolean) => {
    hidden = now;
    document.dispatchEvent(new Event('visibilitychange'));
    await vi.advanceTimersByTimeAsync(0);
  };
  await start();
  await moves(2);
  player.unmute();
  await turn(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(last().destroyed).toBe(false);
  player.mute();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(last().destroyed).toBe(true);
  expect(attached).toHaveLength(1);
  await turn(false);
  expect(attached).toHaveLength(2);
  await moves(1);
  expect(phase()).toBe('playing');
  vi.restoreAllMocks();
});

test('in_wechat_it_plays_by_itself_once_the_bridge_is_there', async () => {
  playAnswer = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  await start();
  expect(phase()).toBe('blocked');
  playAnswer = () => Promise.resolve();
  document.dispatchEvent(new Event('WeixinJSBridgeReady'));
  await vi.advanceTimersByTimeAsync(0);
  await moves(1);
  expect(phase()).toBe('playing');
});

test('after_the_end_nothing_is_tried_any_more', async () => {
  await start();
  await fails('network');
  player.destroy();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(attached).toHaveLength(1);
});
