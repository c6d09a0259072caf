// What a room's page shows in each state: decided here, drawn elsewhere.
import { RoomStatus, type RoomView } from '@kaibo/api';

/** `countdown` and `soon` before the start, `live` with a picture, `away` over the last picture, the rest as notices. */
export type Scene = 'countdown' | 'soon' | 'live' | 'away' | 'paused' | 'ended' | 'banned' | 'expired';

/** The scene of a room at `now` (server time). */
export function sceneOf(room: RoomView, now: number): Scene {
  switch (room.status) {
    case RoomStatus.NotStarted:
      return now < room.startAt ? 'countdown' : 'soon';
    case RoomStatus.Live:
      return 'live';
    case RoomStatus.Lost:
      return 'away';
    case RoomStatus.Paused:
      return 'paused';
    case RoomStatus.Ended:
      return 'ended';
    case RoomStatus.Banned:
      return 'banned';
    case RoomStatus.Expired:
      return 'expired';
  }
}

/** True in scenes with a picture. */
export function hasPicture(scene: Scene): boolean {
  return scene === 'live' || scene === 'away';
}
