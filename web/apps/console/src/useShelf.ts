// The shelf of the desk's room: read anew after each change of the room, changed by one call at a time.
import { ref, shallowRef, watch, type Ref } from 'vue';
import type { ConsoleRoom, Shelf } from '@kaibo/api';
import { client } from './session';

/** Follows the shelf of `room`, which the desk reads anew after every event. */
export function useShelf(appid: string, room: Readonly<Ref<ConsoleRoom>>) {
  const shelf = shallowRef<Shelf | null>(null);
  const failure = shallowRef<unknown>(null);
  const busy = ref(false);
  /** Most goods on the shelf; null until the server has said. */
  const holds = ref<number | null>(null);
  const roomId = room.value.roomId;

  // An answer that was asked for before a change must not undo what the change answered.
  let asked = 0;
  async function load(): Promise<void> {
    const ask = ++asked;
    try {
      const next = await client.shelf(appid, roomId);
      holds.value ??= (await client.limits()).shelfHolds;
      if (ask !== asked) return;
      shelf.value = next;
      failure.value = null;
    } catch (error) {
      if (ask === asked) failure.value = error;
    }
  }

  /** Runs a change; what it refuses is thrown, after the shelf was read anew. */
  async function change(work: () => Promise<Shelf>): Promise<void> {
    busy.value = true;
    asked += 1;
    try {
      shelf.value = await work();
      asked += 1;
    } catch (error) {
      await load();
      throw error;
    } finally {
      busy.value = false;
    }
  }

  watch(room, () => busy.value || void load(), { immediate: true });
  return {
    shelf,
    holds,
    failure,
    busy,
    load,
    add: (goods: number[]) => change(() => client.addToShelf(appid, roomId, goods)),
    sort: (goods: number[]) => change(() => client.sortShelf(appid, roomId, goods)),
    remove: (goodsId: number) => change(() => client.removeFromShelf(appid, roomId, goodsId)),
    setOnSale: (goodsId: number, onSale: boolean) =>
      change(() => client.setOnSale(appid, roomId, goodsId, onSale)),
    push: (goodsId: number) => change(() => client.present(appid, roomId, goodsId, 'push')),
    explain: (goodsId: number) => change(() => client.present(appid, roomId, goodsId, 'explain')),
    endExplanation: () => change(() => client.endExplanation(appid, roomId)),
  };
}
