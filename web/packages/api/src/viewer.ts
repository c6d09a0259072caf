// What a viewer's page asks for: a room, its changes, its shelf, and the state of an anchor's verification.
import type { PublicShelf } from './goods';
import { call } from './http';
import { subscribe, type Subscription, type SubscribeOptions } from './sse';
import type { IdentityInput, RoomView, SharedRoom, Verification } from './types';

/** The room now; throws ApiError `room_not_found`. */
export function getRoom(roomId: string, signal?: AbortSignal): Promise<RoomView> {
  return call(`/v1/rooms/${encodeURIComponent(roomId)}`, { signal });
}

/** What the room sells; throws ApiError `room_not_found`. */
export function getShelf(roomId: string, signal?: AbortSignal): Promise<PublicShelf> {
  return call(`/v1/rooms/${encodeURIComponent(roomId)}/shelf`, { signal });
}

/** Where a share code leads, and what it hands on; throws ApiError `share_code_not_found`. */
export function getSharedRoom(code: string, signal?: AbortSignal): Promise<SharedRoom> {
  return call(`/v1/share-codes/${encodeURIComponent(code)}`, { signal });
}

export interface FollowRoom extends Pick<SubscribeOptions, 'onLine' | 'onRefused'> {
  onRoom: (room: RoomView) => void;
  /** The room was deleted. */
  onGone: () => void;
}

/** Follows a room: its view at once, then after every change. */
export function followRoom(roomId: string, follow: FollowRoom): Subscription {
  return subscribe(`/v1/rooms/${encodeURIComponent(roomId)}/events`, {
    onLine: follow.onLine,
    onRefused: follow.onRefused,
    onEvent: ({ event, data }) => {
      if (event === 'room') follow.onRoom(JSON.parse(data) as RoomView);
      else if (event === 'gone') follow.onGone();
    },
  });
}

/** Who is to be verified, and whether it is done. */
export function getVerification(token: string, signal?: AbortSignal): Promise<Verification> {
  return call(`/v1/verifications/${encodeURIComponent(token)}`, { signal });
}

/** ApiError 422 with `fields`, 409 `verification_waits` or `verification_done`, 429. */
export function submitIdentity(token: string, body: IdentityInput): Promise<Verification> {
  return call(`/v1/verifications/${encodeURIComponent(token)}`, { method: 'POST', body });
}
