// What the anchor's page asks for: a code enrols the device once; after that its cookie opens the anchor's rooms.
import { call } from './http';
import { subscribe, type Subscription, type SubscribeOptions } from './sse';
import type { BroadcastView, Enrolment } from './types';

export interface FollowBroadcast extends Pick<SubscribeOptions, 'onLine' | 'onRefused'> {
  onBroadcast: (view: BroadcastView) => void;
  /** The room was deleted. */
  onGone: () => void;
}

// A header takes Latin-1 only; a code is letters and digits, anything else is simply a wrong code.
const withCode = (code: string) => ({ Authorization: `Enrol ${encodeURIComponent(code)}` });

/** What a code enrols for; ApiError `code_unknown` (404) when it was used or is over. */
export function getEnrolment(code: string): Promise<Enrolment> {
  return call('/v1/enrolments', { headers: withCode(code) });
}

/** Enrols this device and uses the code up. ApiError 422 on `pin`, 429, 404 `code_unknown`. */
export function enrolDevice(code: string, pin: string): Promise<{ roomId: number }> {
  return call('/v1/enrolments', { method: 'POST', headers: withCode(code), body: { pin } });
}

/** Calls about one room; all throw ApiError `device_unknown` (404) on a device that may not open it. */
export class BroadcastClient {
  private readonly headers: Record<string, string>;

  constructor(roomId: string) {
    this.headers = { Authorization: `Broadcast ${roomId}` };
  }

  get(signal?: AbortSignal): Promise<BroadcastView> {
    return call('/v1/broadcast', { headers: this.headers, signal });
  }

  /** Starts the room, or arms it when no good stream is there yet. */
  start(): Promise<BroadcastView> {
    return call('/v1/broadcast/start', { method: 'POST', headers: this.headers });
  }

  end(): Promise<BroadcastView> {
    return call('/v1/broadcast/end', { method: 'POST', headers: this.headers });
  }

  follow(follow: FollowBroadcast): Subscription {
    return subscribe('/v1/broadcast/events', {
      headers: this.headers,
      onLine: follow.onLine,
      onRefused: follow.onRefused,
      onEvent: ({ event, data }) => {
        if (event === 'broadcast') follow.onBroadcast(JSON.parse(data) as BroadcastView);
        else if (event === 'gone') follow.onGone();
      },
    });
  }
}
