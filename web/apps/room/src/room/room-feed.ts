// A room as it is now: followed by event stream, and asked for again while no stream gets through.
import {
  ApiError,
  followRoom,
  getRoom,
  isPassing,
  type LineState,
  type RoomView,
  type Subscription,
} from '@kaibo/api';
import { clockSkew } from '@kaibo/ui';
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue';

/** How the page stands: `broken` means nothing was ever received and tries fail. */
export type FeedState = 'loading' | 'ready' | 'unknown' | 'broken';

export interface RoomFeed {
  room: Readonly<ShallowRef<RoomView | null>>;
  state: Readonly<Ref<FeedState>>;
  /** The line to the server is down; what is shown may be old. */
  troubled: Readonly<Ref<boolean>>;
  /** How far the server's clock is ahead of this device's, in milliseconds. */
  skew: Readonly<Ref<number>>;
  /** Tries at once. */
  poke: () => void;
}

/** True when `next` may replace `current`: an answer overtaken by a newer event must not. */
export function isNewer(current: RoomView | null, next: RoomView): boolean {
  return current === null || next.offset >= current.offset;
}

/** Without an event for this long the view is asked for; some proxies hold event streams back. */
const POLL_MS = 5000;
/** A line that mends itself this fast is not worth a hint. */
const TROUBLE_AFTER_MS = 3000;

/** Follows a room while the component lives. */
export function useRoomFeed(roomId: string): RoomFeed {
  const room = shallowRef<RoomView | null>(null);
  const state = ref<FeedState>('loading');
  const troubled = ref(false);
  const skew = ref(0);
  let flowing = false;
  /** When asking last worked: while it does, a line that does not come about is no trouble. */
  let askedAt = -Infinity;
  let trouble: ReturnType<typeof setTimeout> | undefined;
  let subscription: Subscription | null = null;
  const aborts = new AbortController();

  const receive = (view: RoomView) => {
    if (!isNewer(room.value, view)) return;
    skew.value = clockSkew(view.now);
    room.value = view;
    state.value = 'ready';
  };
  const gone = () => {
    subscription?.close();
    clearInterval(poll);
    // An answer still under way would bring the room back.
    aborts.abort();
    room.value = null;
    state.value = 'unknown';
  };
  const calm = () => {
    clearTimeout(trouble);
    trouble = undefined;
    troubled.value = false;
  };
  const onLine = (line: LineState) => {
    if (line === 'open') return;
    flowing = false;
    if (line !== 'waiting') return;
    trouble ??= setTimeout(() => {
      trouble = undefined;
      if (performance.now() - askedAt < 2 * POLL_MS) return;
      troubled.value = true;
      if (state.value === 'loading') state.value = 'broken';
    }, TROUBLE_AFTER_MS);
  };

  subscription = followRoom(roomId, {
    onRoom: (view) => {
      flowing = true;
      calm();
      receive(view);
    },
    onGone: gone,
    onLine,
    onRefused: (error) => {
      if (error.status === 404 || error.status === 400) gone();
      else state.value = room.value ? state.value : 'broken';
    },
  });

  const ask = () => {
    getRoom(roomId, aborts.signal).then(
      (view) => {
        if (aborts.signal.aborted) return;
        askedAt = performance.now();
        calm();
        receive(view);
      },
      (error: unknown) => {
        if (error instanceof ApiError && !isPassing(error) && error.status === 404) gone();
      },
    );
  };
  const poll = setInterval(() => {
    if (!flowing && !document.hidden) ask();
  }, POLL_MS);

  const poke = () => subscription?.poke();
  const onVisible = () => {
    if (document.hidden || state.value === 'unknown') return;
    poke();
    // A phone that slept may hold a line that died without a word, and notices only in half a minute.
    ask();
  };
  document.addEventListener('visibilitychange', onVisible);
  onScopeDispose(() => {
    document.removeEventListener('visibilitychange', onVisible);
    clearInterval(poll);
    clearTimeout(trouble);
    aborts.abort();
    subscription?.close();
  });
  return { room, state, troubled, skew, poke };
}
