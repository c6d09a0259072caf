// The control desk's room: follows changes, reads codes, runs the operator's actions.
import { onScopeDispose, ref, shallowRef } from 'vue';
import { ApiError, isOvertaken, type ConsoleRoom, type RoomAccess } from '@kaibo/api';
import { clockSkew, useNow } from '@kaibo/ui';
import type { RoomAction } from './rules/roomActions';
import { client } from './session';
import { useRoomChanges } from './useRoomChanges';

/** What the operator does to a room on air. */
export type DeskAction = Exclude<RoomAction, 'edit' | 'delete'>;

/** A refused push changes no room, so no event tells of it: the desk reads again now and then. */
const REFRESH_MS = 15_000;

/** Follows one room while the calling scope lives; `say` tells what a reading in the background could not do. */
export function useRoomDesk(appid: string, roomId: number) {
  const room = shallowRef<ConsoleRoom | null>(null);
  const access = shallowRef<RoomAccess | null>(null);
  const gone = ref(false);
  const failure = shallowRef<unknown>(null);
  const busy = ref(false);
  const skew = ref(0);
  const now = useNow(() => skew.value);

  function take(next: ConsoleRoom): void {
    if (isOvertaken(room.value, next)) return;
    room.value = next;
    skew.value = clockSkew(next.now);
  }

  async function load(): Promise<void> {
    try {
      const [nextRoom, nextAccess] = await Promise.all([
        client.room(appid, roomId),
        client.access(appid, roomId),
      ]);
      take(nextRoom);
      access.value = nextAccess;
      failure.value = null;
    } catch (error) {
      gone.value = error instanceof ApiError && error.status === 404;
      failure.value = error;
    }
  }

  async function run<T>(work: () => Promise<T>): Promise<T> {
    busy.value = true;
    try {
      return await work();
    } finally {
      busy.value = false;
      // The room may have moved on while the answer was under way, or refused for that reason.
      void load();
    }
  }

  function act(action: DeskAction, reason: string): Promise<void> {
    return run(async () => {
      take(
        action === 'ban'
          ? await client.ban(appid, roomId, reason)
          : await client.steer(appid, roomId, action),
      );
    });
  }

  function revokePush(): Promise<void> {
    return run(async () => {
      access.value = await client.revokePush(appid, roomId);
    });
  }

  const lineDown = useRoomChanges(
    () => appid,
    () => roomId,
    () => void load(),
  );
  const timer = setInterval(() => {
    if (!document.hidden) void load();
  }, REFRESH_MS);
  onScopeDispose(() => clearInterval(timer));

  return { room, access, gone, failure, busy, now, lineDown, load, act, revokePush };
}
