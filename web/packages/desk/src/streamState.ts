// Whether a picture is arriving from the encoder, in the words of the desk.
import { RoomStatus } from '@kaibo/api';

/** `none`: nothing yet; `good`: a picture; `lost`: it broke off on air; `over`: no stream is taken any more. */
export type StreamState = 'none' | 'good' | 'lost' | 'over';

/** Reads the state from a room's view. */
export function streamState(room: { status: RoomStatus; good: boolean }): StreamState {
  switch (room.status) {
    case RoomStatus.Ended:
    case RoomStatus.Banned:
    case RoomStatus.Expired:
      return 'over';
    default:
      break;
  }
  if (room.good) return 'good';
  return room.status === RoomStatus.NotStarted ? 'none' : 'lost';
}
