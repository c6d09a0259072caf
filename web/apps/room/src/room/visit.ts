// What this visit hands on to the pages of goods: the room, and what the share code under `s` brought.
import { getSharedRoom, type CustomParams } from '@kaibo/api';
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue';

export interface Visit {
  roomId: string;
  customParams: CustomParams;
}

/**
 * `url` with the visit behind it, as WeChat's plugin opens pages of goods: `room_id`, and
 * `custom_params` encoded once.
 */
export function handedOn(url: string, { roomId, customParams }: Visit): string {
  const [page = '', ...mark] = url.split('#');
  const params = [`room_id=${encodeURIComponent(roomId)}`];
  if (Object.keys(customParams).length > 0)
    params.push(`custom_params=${encodeURIComponent(JSON.stringify(customParams))}`);
  const joined = `${page}${page.includes('?') ? '&' : '?'}${params.join('&')}`;
  return [joined, ...mark].join('#');
}

/** The visit of a page at `search`, a query with its `?`; without parameters until they are known. */
export function useVisit(roomId: string, search: string): Readonly<ShallowRef<Visit>> {
  const visit = shallowRef<Visit>({ roomId, customParams: {} });
  const code = new URLSearchParams(search).get('s');
  if (!code) return visit;
  const aborts = new AbortController();
  onScopeDispose(() => aborts.abort());
  getSharedRoom(code, aborts.signal).then(
    (shared) => {
      // A code of another room says nothing about this one.
      if (String(shared.roomId) === roomId) visit.value = { roomId, customParams: shared.customParams };
    },
    // The room shows without them.
    () => {},
  );
  return visit;
}
