// What the anchor's page asks for; the broadcast code is the credential and never stands in an address.
import { call } from './http';
import { subscribe, type Subscription, type SubscribeOptions } from './sse';
import type { BroadcastView } from './types';

export interface FollowBroadcast extends Pick<SubscribeOptions, 'onLine' | 'onRefused'> {
  onBroadcast: (view: BroadcastView) => void;
  /** The room was deleted. */
  onGone: () => void;
}

/** Calls with one broadcast code; all throw ApiError `code_unknown` (404) when it is wrong or renewed. */
export class BroadcastClient {
  private readonly headers: Record<string, string>;

  constructor(code: string) {
    // A header takes Latin-1 only; a code is letters and digits, anything else is simply a wrong code.
    this.headers = { Authorization: `Broadcast ${encodeURIComponent(code)}` };
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
