// What the anchor may do now, and what the page says about it.
import { RoomStatus, type BroadcastView } from '@kaibo/api';

/** The one sentence under the status; each has its words in `say`. */
export type Saying =
  | 'early'
  | 'startsWithStream'
  | 'startsByButton'
  | 'readyToStart'
  | 'armed'
  | 'live'
  | 'paused'
  | 'pausedSilent'
  | 'lost'
  | 'ended'
  | 'banned'
  | 'expired';

/** What the page offers at one moment. */
export interface DeskState {
  saying: Saying;
  canStart: boolean;
  canEnd: boolean;
  /** No stream is taken any more. */
  over: boolean;
}

type Seen = Pick<BroadcastView, 'status' | 'good' | 'armed' | 'startableFrom'>;

/** The page's state at `now`, the server's clock. */
export function deskState(view: Seen, now: number): DeskState {
  switch (view.status) {
    case RoomStatus.NotStarted:
      return { saying: beforeStart(view, now), canStart: !view.armed, canEnd: false, over: false };
    case RoomStatus.Live:
      return { saying: 'live', canStart: false, canEnd: true, over: false };
    case RoomStatus.Paused:
      return { saying: view.good ? 'paused' : 'pausedSilent', canStart: false, canEnd: true, over: false };
    case RoomStatus.Lost:
      return { saying: 'lost', canStart: false, canEnd: true, over: false };
    case RoomStatus.Banned:
      return { saying: 'banned', canStart: false, canEnd: false, over: true };
    case RoomStatus.Expired:
      return { saying: 'expired', canStart: false, canEnd: false, over: true };
    default:
      return { saying: 'ended', canStart: false, canEnd: false, over: true };
  }
}

function beforeStart(view: Seen, now: number): Saying {
  if (view.armed) return 'armed';
  if (view.good) return 'readyToStart';
  if (view.startableFrom === null) return 'startsByButton';
  return now < view.startableFrom ? 'early' : 'startsWithStream';
}
