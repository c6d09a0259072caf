// The shapes of Kaibo's own JSON API (/v1). All times are Unix milliseconds.

/** A room's state in WeChat's numbers. */
export const RoomStatus = {
  Live: 101,
  NotStarted: 102,
  Ended: 103,
  Banned: 104,
  Paused: 105,
  Lost: 106,
  Expired: 107,
} as const;
export type RoomStatus = (typeof RoomStatus)[keyof typeof RoomStatus];

/** Playback addresses of one stream: HTTP-FLV, HLS with CMAF, HLS with MPEG-TS. */
export interface PlaySources {
  flv: string;
  hls: string;
  ts: string;
}

/** A room as a viewer may see it. */
export interface RoomView {
  roomId: number;
  name: string;
  status: RoomStatus;
  startAt: number;
  endAt: number;
  startedAt: number | null;
  endedAt: number | null;
  anchorName: string;
  coverUrl: string | null;
  shareUrl: string | null;
  /** Present only while viewers may watch (101, 106). */
  play: PlaySources | null;
  closeComment: boolean;
  closeGoods: boolean;
  closeLike: boolean;
  closeShare: boolean;
  closeReplay: boolean;
  /** Viewers' comments are muted. */
  banComment: boolean;
  /** Where a viewer turns to with a question; null while the room shows no customer service. */
  customerServiceUrl: string | null;
  /** Position of the newest event this view includes. */
  offset: number;
  /** The server's clock when the view was made. */
  now: number;
  banReason: string | null;
}

/** Where an encoder pushes to; `server` and `key` are what OBS asks for, `address` is both in one. */
export interface PushAddress {
  server: string;
  key: string;
  address: string;
  expiresAt: number;
}

export type RefusalReason =
  | 'wrong_key'
  | 'expired_key'
  | 'revoked_key'
  | 'quota'
  | 'busy'
  | 'unsupported_codec'
  | 'room_over'
  | 'anchor_unverified';

/** Why the last push was turned away; `detail` names e.g. the codec. */
export interface LastRefusal {
  at: number;
  reason: RefusalReason;
  detail?: string | null;
}

/** A room as its anchor sees it, behind the broadcast code. */
export interface BroadcastView extends RoomView {
  appid: string;
  /** A good stream is arriving. */
  good: boolean;
  /** Start was asked for; the next good stream starts the room. */
  armed: boolean;
  editable: boolean;
  push: PushAddress;
  /** Playback with a token, whenever a stream exists. */
  preview: PlaySources | null;
  /** From when on a good stream starts the room by itself; null when only the start button does. */
  startableFrom: number | null;
  lastRefusal: LastRefusal | null;
  /** When a lost or paused room will be ended. */
  graceUntil: number | null;
  /** When the room will be ended whatever happens. */
  capAt: number | null;
  viewerUrl: string;
}

/** A logged-in owner; `csrf` goes back in `X-CSRF-Token` with every change. */
export interface Session {
  name: string;
  csrf: string;
  apps: { appid: string; name: string }[];
}

/** An app (one merchant's appid) with its use of today's limits. */
export interface AppView {
  appid: string;
  name: string;
  createdAt: number;
  roomsToday: number;
  roomsPerDay: number;
  liveNow: number;
  liveAtOnce: number;
  /** How long pictures may wait to be sent together where many watch; null: as the server is set. */
  latencyBudgetMs: number | null;
}

/** A new app's credentials; the secret is shown this once. */
export interface AppCredentials {
  appid: string;
  secret: string;
}

/** 0: live from a phone; 1: live from an encoder. */
export type RoomType = 0 | 1;

/** A room as the console sees it. */
export interface ConsoleRoom extends RoomView {
  type: RoomType;
  anchorWechat: string;
  /** Who made the room, as WeChat's API was told. */
  creatorWechat: string | null;
  good: boolean;
  armed: boolean;
  feedsUrl: string | null;
  isFeedsPublic: boolean;
  closeKf: boolean;
  createdAt: number;
  graceUntil: number | null;
  capAt: number | null;
  lastRefusal: LastRefusal | null;
}

/** What the console sends to make or edit a room; images are media ids or, when editing, the existing URL. */
export interface RoomForm {
  name: string;
  startAt: number;
  endAt: number;
  anchorName: string;
  anchorWechat: string;
  type: RoomType;
  coverImg: string | null;
  shareImg: string | null;
  feedsImg: string | null;
  isFeedsPublic: boolean;
  closeLike: boolean;
  closeGoods: boolean;
  closeComment: boolean;
  closeReplay: boolean;
  closeShare: boolean;
  closeKf: boolean;
}

/** Both codes and the push address of a room. */
export interface RoomAccess {
  studioUrl: string;
  viewerUrl: string;
  push: PushAddress;
  preview: PlaySources | null;
}

/** Parameters of the merchant's own that a share code hands on. */
export type CustomParams = Record<string, unknown>;

/** A room's share code; `codeUrl` and `posterUrl` are paths of PNGs. */
export interface ShareCode {
  id: string;
  customParams: CustomParams;
  viewerUrl: string;
  pagePath: string;
  codeUrl: string;
  posterUrl: string;
}

/** Where a share code leads. */
export interface SharedRoom {
  roomId: number;
  customParams: CustomParams;
}

export interface RoomPage {
  total: number;
  rooms: ConsoleRoom[];
}

/** `due`: was verified, and is to be looked at again. */
export type Standing = 'pending' | 'submitted' | 'rejected' | 'verified' | 'due';

export interface Anchor {
  wechatId: string;
  state: Standing;
  /** The page on which this person alone shows who they are. */
  verifyUrl: string;
  requestedAt: number;
  verifiedAt: number | null;
  dueAt: number | null;
  submission: Submission | null;
}

/** What somebody submitted last, the number masked. */
export interface Submission {
  id: number;
  state: 'open' | 'approved' | 'rejected';
  name: string;
  numberMasked: string;
  age: number;
  guardian: string | null;
  submittedAt: number;
  decidedAt: number | null;
  decidedBy: string | null;
  reason: string | null;
}

/** A log-in of the user, in some browser. */
export interface OpenSession {
  id: string;
  begunAt: number;
  expiresAt: number;
  current: boolean;
}

/** A code that enrols one device. */
export interface BroadcastCode {
  broadcastUrl: string;
  expiresAt: number;
  /** The anchor's PIN will be asked for. */
  needsPin: boolean;
  now: number;
}

/** What a code enrols for. */
export interface Enrolment {
  roomName: string;
  wechatIdMasked: string;
  expiresAt: number;
  needsPin: boolean;
}

/** A device of an anchor; `seenAt` to the hour. */
export interface Device {
  id: number;
  name: string;
  enrolledAt: number;
  seenAt: number;
  revokedAt: number | null;
}

/** Somebody saw a full number. */
export interface Reveal {
  actor: string;
  reason: string;
  at: number;
}

export type Role = 'owner' | 'admin' | 'anchor' | 'operator';

/** Somebody whom the app knows. */
export interface Person {
  wechatId: string;
  nickname: string;
  roles: Role[];
  knownAt: number;
  rolesAt: number;
}

export interface PeoplePage {
  total: number;
  people: Person[];
}

export interface Media {
  mediaId: string;
  url: string;
  width: number;
  height: number;
}

/** The scheduling rules in force; text lengths are [min, max] in half-width units. */
export interface Limits {
  minLeadMs: number;
  maxAheadMs: number;
  minLengthMs: number;
  maxLengthMs: number;
  name: [number, number];
  anchorName: [number, number];
  /** Most goods on the shelf of one room. */
  shelfHolds: number;
}

/** What the page behind an anchor's QR code shows. */
export interface Verification {
  appName: string;
  wechatIdMasked: string;
  state: Standing;
  /** Why it was sent back. */
  reason: string | null;
  dueAt: number | null;
  /** Whether the form may be sent. */
  maySubmit: boolean;
  /** Name of the consent text in force. */
  consent: string;
}

/** What a person says of themselves. */
export interface IdentityInput {
  name: string;
  number: string;
  guardian: string;
  guardianAgrees: boolean;
  consent: string;
  pin: string;
}
