// The anchor's room as it stands: follows the server, and runs start and end.
import { onScopeDispose, ref, shallowRef, watch } from 'vue';
import { ApiError, BroadcastClient, isOvertaken, type BroadcastView, type Subscription } from '@kaibo/api';
import { useLineWatch, useLookedAt } from '@kaibo/desk';
import { clockSkew, useNow } from '@kaibo/ui';

/** Some proxies hold event streams back, and a household has only so many: the desk reads again now and then. */
const REFRESH_MS = 15_000;

/** Why there is no desk to show. */
export type Trouble = 'badDevice' | 'gone' | 'failed';

/** Follows a room while the calling scope lives. */
export function useBroadcast(roomId: string) {
  const client = new BroadcastClient(roomId);
  const view = shallowRef<BroadcastView | null>(null);
  const trouble = ref<Trouble | null>(null);
  const line = useLineWatch();
  const acting = ref<'start' | 'end' | null>(null);
  const actionError = ref<ApiError | null>(null);
  const skew = ref(0);
  const now = useNow(() => skew.value);
  let subscription: Subscription | null = null;

  function take(next: BroadcastView): void {
    // An answer may be overtaken by an event that was sent later.
    if (isOvertaken(view.value, next)) return;
    // What was said of an action is about the state it was done in.
    if (view.value?.status !== next.status || view.value.armed !== next.armed) actionError.value = null;
    view.value = next;
    skew.value = clockSkew(next.now);
    trouble.value = null;
  }

  function refuse(error: ApiError): void {
    trouble.value = error.status === 404 || error.status === 401 ? 'badDevice' : 'failed';
  }

  function follow(): void {
    subscription?.close();
    trouble.value = null;
    subscription = client.follow({
      onBroadcast: take,
      onGone: () => {
        subscription?.close();
        trouble.value = 'gone';
      },
      onLine: line.note,
      onRefused: refuse,
    });
  }

  async function act(kind: 'start' | 'end'): Promise<void> {
    if (acting.value) return;
    acting.value = kind;
    actionError.value = null;
    try {
      take(kind === 'start' ? await client.start() : await client.end());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) refuse(error);
      else await refresh();
      actionError.value = error;
    } finally {
      acting.value = null;
    }
  }

  async function refresh(): Promise<void> {
    if (document.hidden || trouble.value) return;
    try {
      take(await client.get());
    } catch {
      // The line itself tells when the server is away or the device is shut out.
    }
  }

  const timer = setInterval(() => void refresh(), REFRESH_MS);
  follow();
  watch(useLookedAt(), (seen) => {
    if (trouble.value) return;
    if (seen) follow();
    else subscription?.close();
  });
  onScopeDispose(() => {
    clearInterval(timer);
    subscription?.close();
  });

  return {
    view,
    trouble,
    now,
    acting,
    actionError,
    lineDown: line.down,
    start: () => act('start'),
    end: () => act('end'),
    retry: follow,
  };
}
