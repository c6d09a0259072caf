// Tells a page that rooms of its app changed, so that it reads them again.
import { onScopeDispose, watch, type Ref } from 'vue';
import type { Subscription } from '@kaibo/api';
import { useLineWatch, useLookedAt } from '@kaibo/desk';
import { client } from './session';

/** Time in which changes are gathered into one reading. */
const GATHER_MS = 200;

/**
 * Calls `onChange` after changes of `roomId` (of any room when null), and once when the line came
 * back, since changes may have passed meanwhile. Gives whether the line is down.
 */
export function useRoomChanges(
  appid: () => string,
  roomId: () => number | null,
  onChange: () => void,
): Readonly<Ref<boolean>> {
  const line = useLineWatch(gather);
  let subscription: Subscription | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function gather(): void {
    clearTimeout(timer);
    timer = setTimeout(onChange, GATHER_MS);
  }

  function follow(): void {
    subscription?.close();
    subscription = client.follow(appid(), {
      onRoomChanged: (changed) => {
        if (roomId() === null || roomId() === changed) gather();
      },
      onLine: line.note,
    });
  }

  watch(appid, follow, { immediate: true });
  watch(useLookedAt(), (seen) => {
    if (!seen) return subscription?.close();
    follow();
    gather();
  });
  onScopeDispose(() => {
    clearTimeout(timer);
    subscription?.close();
  });
  return line.down;
}
