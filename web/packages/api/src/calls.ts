// How an app's calls of the WeChat-compatible API are let in: addresses, quotas, the log, admission.

/** `tolerant`: whatever a known SDK sends is understood; `strict`: what WeChat refuses is refused. */
export type Profile = 'tolerant' | 'strict';

export interface Door {
  /** Null: as the server's settings say. */
  profile: Profile | null;
  profileInForce: Profile;
  /** Addresses and networks that may call; none: everybody. */
  allowedIps: string[];
  /** The address that asked, as calls from there would be seen. */
  yourIp: string;
}

/** A limit and what is used of it. */
export interface UsedOf {
  limit: number;
  used: number;
  left: number;
}

/** The calls of one operation on this day. */
export interface OperationQuota {
  op: string;
  perDay: number;
  perMinute: number;
  used: number;
  left: number;
}

/** Limits of an operation's calls; null: as for everybody. */
export interface CallLimits {
  perDay: number | null;
  perMinute: number | null;
}

/** Limits of an app's own; null: as for everybody. */
export interface OwnQuota {
  roomsPerDay: number | null;
  liveAtOnce: number | null;
  maxHours: number | null;
  calls: Record<string, CallLimits>;
}

export interface Quota {
  /** When the day is over. */
  resetsAt: number;
  roomsPerDay: UsedOf;
  liveAtOnce: UsedOf;
  maxHours: number;
  calls: OperationQuota[];
  own: OwnQuota;
}

/** A call as the log has it: what was sent and answered is not kept. */
export interface LoggedCall {
  rid: string;
  at: number;
  op: string;
  errcode: number;
  /** The true reason, where the number does not say it all. */
  reason: string | null;
  peer: string;
  tookUs: number;
}

export interface CallPage {
  calls: LoggedCall[];
  next: number | null;
}

export interface CallQuery {
  rid?: string;
  op?: string;
  errcode?: number | null;
  failed?: boolean;
  before?: number | null;
  limit?: number;
}

export type AdmissionPolicy = 'open' | 'wechat' | 'custom';
export type FactKind = 'subject' | 'violation' | 'payment' | 'followers' | 'activeUsers' | 'adSpend';
export type FactSource = 'operator' | 'merchant';

/** The size of each condition; null: it is not asked for. */
export interface Thresholds {
  subject: boolean;
  violationFreeDays: number | null;
  paymentDays: number | null;
  followersOver: number | null;
  activeUsersOver: number | null;
  adSpendFen: number | null;
}

export interface FactForm {
  kind: FactKind;
  /** The day it is about, as `2026-11-25`. */
  date: string;
  value: number;
}

export interface Fact extends FactForm {
  source: FactSource;
  notedAt: number;
}

/** What is missing, and by how much. */
export interface Lack {
  kind: 'unknown' | 'personal' | 'noCategory' | 'tooFew' | 'tooOld' | 'tooRecent' | 'countsFrom';
  by?: number | null;
  from?: string | null;
}

export interface Condition {
  /** 1 to 6, as in WeChat's rules. */
  number: number;
  kind: FactKind;
  /** It must hold by itself; of the others one is enough. */
  must: boolean;
  holds: boolean;
  lack: Lack | null;
  fact: Fact | null;
}

export interface AdmissionForm {
  policy: AdmissionPolicy;
  /** Under `custom`. */
  thresholds: Thresholds;
  category: string | null;
  /** Shut, whatever the app fulfils. */
  disabled: boolean;
}

export interface Admission extends AdmissionForm {
  admitted: boolean;
  conditions: Condition[];
  categories: { id: string; name: string }[];
}
