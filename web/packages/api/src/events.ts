// Where an app's events go, who subscribes, and switches that turn while a room lives.

/** What is left out stays as it is. */
export interface SwitchForm {
  isFeedsPublic?: boolean;
  closeReplay?: boolean;
  closeKf?: boolean;
  banComment?: boolean;
}

export interface Webhook {
  id: number;
  url: string;
  /** What it is told of; all when empty. */
  events: string[];
  createdAt: number;
  failingSince: number | null;
  disabledAt: number | null;
}

export interface WebhookList {
  webhooks: Webhook[];
  /** Every event that a webhook may ask for. */
  events: string[];
}

/** Shown this once. */
export interface WebhookSecret {
  id: number;
  secret: string;
}

export interface MessageUrl {
  url: string;
  encrypted: boolean;
  format: 'xml' | 'json';
  originalId: string;
  failingSince: number | null;
  disabledAt: number | null;
}

export type BotBrand = 'wecom' | 'dingtalk' | 'feishu';

/** Tells a group of trouble; its address is not shown again. */
export interface Bot {
  id: number;
  brand: BotBrand;
  host: string;
  createdAt: number;
  failingSince: number | null;
  disabledAt: number | null;
}

/** `null` keeps a secret as it is. */
export interface MessageUrlForm {
  url: string;
  token: string | null;
  encodingAesKey: string | null;
  format: 'xml' | 'json';
  originalId: string;
}

export interface Delivery {
  id: string;
  type: string;
  state: 'waiting' | 'arrived' | 'failed';
  createdAt: number;
  tries: number;
  triedAt: number | null;
  dueAt: number | null;
  error: string | null;
  body: string;
}

export type ReviewerKind = 'goods-reviewer' | 'anchor-verifier';

/** Without its secret. */
export interface Reviewer {
  url: string;
  madeAt: number;
  failingSince: number | null;
  disabledAt: number | null;
}

/** The secret is shown this once. */
export interface ReviewerSecret {
  reviewer: Reviewer;
  secret: string;
}

export interface SubscribedRoom {
  roomId: number;
  name: string;
  status: number;
  startAt: number;
  subscribers: number;
  followers: number;
}

export interface SubscriptionPage {
  followers: number;
  total: number;
  rooms: SubscribedRoom[];
}

export interface Follower {
  openidMasked: string;
  roomId: number;
  followedAt: number;
}

export interface FollowerPage {
  total: number;
  followers: Follower[];
  next: number | null;
}
