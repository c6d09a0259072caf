// The typed client of /v1 for all three apps.
export * from './types';
export * from './goods';
export * from './events';
export * from './wechat';
export * from './calls';
export { ApiError, isPassing, setLanguage } from './http';
export { backoffMs, type BackoffOptions } from './backoff';
export { subscribe, SseParser } from './sse';
export type { LineState, SseEvent, SubscribeOptions, Subscription } from './sse';
export { isOvertaken } from './overtaken';
export {
  followRoom,
  getRoom,
  getShelf,
  getSharedRoom,
  getVerification,
  submitIdentity,
  type FollowRoom,
} from './viewer';
export { BroadcastClient, enrolDevice, getEnrolment, type FollowBroadcast } from './broadcast';
export { ConsoleClient, type FollowApp, type GoodsQuery, type RoomQuery } from './console';
