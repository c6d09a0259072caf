// The room form's content and the rules it must pass before it is sent; codes are those the server uses.
import type { ConsoleRoom, Limits, RoomForm, RoomType } from '@kaibo/api';
import { DEFAULT_LENGTH_MS, defaultStart } from './schedule';
import { isPlainText, textWidth } from './textWidth';

/** An image of the form: what is sent, and where it can be seen. */
export interface DraftImage {
  value: string;
  url: string;
}

export type ImageField = 'coverImg' | 'shareImg' | 'feedsImg';
export type SwitchField =
  'isFeedsPublic' | 'closeLike' | 'closeGoods' | 'closeComment' | 'closeReplay' | 'closeShare' | 'closeKf';

/** The form while it is filled in; times may be empty. */
export interface RoomDraft extends Record<SwitchField, boolean>, Record<ImageField, DraftImage | null> {
  name: string;
  startAt: number | null;
  endAt: number | null;
  anchorName: string;
  anchorWechat: string;
  type: RoomType;
}

/** Broken rules by field: the codes of the server's 422 answer. */
export type FieldErrors = Record<string, string>;

/** Limits shown until the server's own have arrived. */
export const USUAL_LIMITS: Limits = {
  minLeadMs: 10 * 60_000,
  maxAheadMs: 184 * 86_400_000,
  minLengthMs: 30 * 60_000,
  maxLengthMs: 12 * 3_600_000,
  name: [6, 34],
  anchorName: [4, 30],
  shelfHolds: 200,
};

/** A new room: soon, two hours long, from an encoder, with what a shop usually wants open. */
export function newDraft(now: number): RoomDraft {
  const startAt = defaultStart(now);
  return {
    name: '',
    startAt,
    endAt: startAt + DEFAULT_LENGTH_MS,
    anchorName: '',
    anchorWechat: '',
    type: 1,
    coverImg: null,
    shareImg: null,
    feedsImg: null,
    isFeedsPublic: true,
    closeLike: false,
    closeGoods: false,
    closeComment: false,
    closeReplay: true,
    closeShare: false,
    closeKf: true,
  };
}

/** The form of a room that exists; its images are sent back as their own addresses. */
export function draftOf(room: ConsoleRoom): RoomDraft {
  const image = (url: string | null) => (url === null ? null : { value: url, url });
  return {
    name: room.name,
    startAt: room.startAt,
    endAt: room.endAt,
    anchorName: room.anchorName,
    anchorWechat: room.anchorWechat,
    type: room.type,
    coverImg: image(room.coverUrl),
    shareImg: image(room.shareUrl),
    feedsImg: image(room.feedsUrl),
    isFeedsPublic: room.isFeedsPublic,
    closeLike: room.closeLike,
    closeGoods: room.closeGoods,
    closeComment: room.closeComment,
    closeReplay: room.closeReplay,
    closeShare: room.closeShare,
    closeKf: room.closeKf,
  };
}

/** Where a refusal of the server shows: of the second host, whom only the API sets, at the host's field. */
export function atShownField(field: string, code: string): [field: string, code: string] {
  if (field !== 'subAnchorWechat') return [field, code];
  return ['anchorWechat', code === 'anchor_not_verified' ? 'sub_anchor_not_verified' : code];
}

/** What is sent; call only when `checkDraft` found nothing. */
export function formOf(draft: RoomDraft): RoomForm {
  return {
    ...draft,
    name: draft.name.trim(),
    anchorName: draft.anchorName.trim(),
    anchorWechat: draft.anchorWechat.trim(),
    startAt: draft.startAt ?? 0,
    endAt: draft.endAt ?? 0,
    coverImg: draft.coverImg?.value ?? null,
    shareImg: draft.shareImg?.value ?? null,
    feedsImg: draft.feedsImg?.value ?? null,
  };
}

/**
 * Every rule the form breaks at `now`, by field. `before` is the planned start of the room that is
 * edited: a start that stays the same may be near.
 */
export function checkDraft(
  draft: RoomDraft,
  limits: Limits,
  now: number,
  before: number | null = null,
): FieldErrors {
  const found: Record<string, string | null> = {
    name: checkText(draft.name, limits.name, 'name'),
    startAt: checkStart(draft.startAt, limits, now, before),
    endAt: checkLength(draft.startAt, draft.endAt, limits),
    anchorName: checkText(draft.anchorName, limits.anchorName, 'anchor_name'),
    anchorWechat: draft.anchorWechat.trim() === '' ? 'required' : null,
  };
  return Object.fromEntries(
    Object.entries(found).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

function checkText(text: string, [least, most]: [number, number], prefix: string): string | null {
  const trimmed = text.trim();
  if (trimmed === '') return 'required';
  if (!isPlainText(trimmed)) return `${prefix}_bad_characters`;
  const width = textWidth(trimmed);
  if (width < least) return `${prefix}_too_short`;
  return width > most ? `${prefix}_too_long` : null;
}

function checkStart(
  startAt: number | null,
  limits: Limits,
  now: number,
  before: number | null,
): string | null {
  if (startAt === null) return 'required';
  if (startAt === before) return null;
  if (startAt - now < limits.minLeadMs) return 'start_too_soon';
  return startAt - now > limits.maxAheadMs ? 'start_too_late' : null;
}

function checkLength(startAt: number | null, endAt: number | null, limits: Limits): string | null {
  if (endAt === null) return 'required';
  if (startAt === null) return null;
  if (endAt - startAt < limits.minLengthMs) return 'length_too_short';
  return endAt - startAt > limits.maxLengthMs ? 'length_too_long' : null;
}
