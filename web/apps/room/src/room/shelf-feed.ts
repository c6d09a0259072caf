// What a room sells: read with the room and anew after each of its events.
import { getShelf, type PublicGoods, type PublicShelf, type RoomView } from '@kaibo/api';
import { computed, onScopeDispose, shallowRef, watch, type Ref, type ShallowRef } from 'vue';

export interface ShelfFeed {
  /** Null until it is known; empty where the room has none or its shelf is closed. */
  shelf: Readonly<ShallowRef<PublicShelf | null>>;
  /** The goods whose card is shown now. */
  card: Readonly<Ref<PublicGoods | null>>;
}

/** An event reaches all viewers at once: they ask spread over this time. */
const SPREAD_MS = 300;
/** After a failure it is asked for again. */
const AGAIN_MS = 5000;

/** Follows the shelf of `room` while the component lives; `now` is the server's time. */
export function useShelfFeed(room: Readonly<Ref<RoomView>>, now: Readonly<Ref<number>>): ShelfFeed {
  const shelf = shallowRef<PublicShelf | null>(null);
  let asking: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const ask = () => {
    asking?.abort();
    const mine = (asking = new AbortController());
    getShelf(String(room.value.roomId), mine.signal).then(
      (next) => {
        if (!mine.signal.aborted) shelf.value = next;
      },
      () => {
        if (!mine.signal.aborted) plan(AGAIN_MS);
      },
    );
  };
  const plan = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(ask, ms);
  };

  // Each view of the room may tell of its shelf: the place among its views counts the room's changes alone.
  watch(
    room,
    ({ closeGoods }) => {
      if (!closeGoods) return plan(shelf.value === null ? 0 : Math.random() * SPREAD_MS);
      clearTimeout(timer);
      asking?.abort();
      shelf.value = null;
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    clearTimeout(timer);
    asking?.abort();
  });

  const card = computed(() => {
    const shown = shelf.value?.card;
    if (!shown || shown.until <= now.value) return null;
    return shelf.value?.items.find(({ goodsId }) => goodsId === shown.goodsId) ?? null;
  });
  return { shelf, card };
}
