// The anchor's room as it stands: follows the server, and runs start and end.
import { onScopeDispose, ref, shallowRef, watch } from 'vue';
import { ApiError, BroadcastClient, isOvertaken, type BroadcastView, type Subscription } from '@kaibo/api';
import { useLineWatch, useLookedAt } from '@kaibo/desk';
import { clockSkew, useNow } from '@kaibo/ui';

/** Some proxies hold event streams back, and a household has only so many: the desk reads again now and then. */
const REFRESH_MS = 15_000;

/** Why there is no desk to show. */
export type Trouble = 'badCode' | 'gone' | 'failed';

/** Follows the room of `code` while the calling scope lives. */
export function useBroadcast(code: string | null) {
  const client = new BroadcastClient(code ?? '');
  const view = shallowRef<BroadcastView | null>(null);
  const trouble = ref<Trouble | null>(code === null ? 'badCode' : null);
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
    trouble.value = error.status === 404 || error.status === 401 ? 'badCode' : 'failed';
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
      // The line itself tells when the server is away or the code is void.
    }
  }

  const timer = setInterval(() => void refresh(), REFRESH_MS);
  if (code !== null) follow();
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
