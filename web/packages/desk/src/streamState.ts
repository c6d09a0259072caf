// Whether a picture is arriving from the encoder, in the words of the desk.
import { RoomStatus } from '@kaibo/api';

/** `none`: nothing yet; `starting`: bytes, not yet a picture; `good`: a picture; `lost`: it broke off on air; `over`: no stream is taken any more. */
export type StreamState = 'none' | 'starting' | 'good' | 'lost' | 'over';

/** Reads the state from a room's view; `preview` is there whenever a stream exists. */
export function streamState(room: { status: RoomStatus; good: boolean; preview: unknown }): StreamState {
  switch (room.status) {
    case RoomStatus.Ended:
    case RoomStatus.Banned:
    case RoomStatus.Expired:
      return 'over';
    default:
      break;
  }
  if (room.good) return 'good';
  if (room.preview) return 'starting';
  return room.status === RoomStatus.NotStarted ? 'none' : 'lost';
}
