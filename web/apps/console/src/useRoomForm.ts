// The state of the room form: its content, what is wrong where, loading and sending.
import { computed, ref, shallowRef } from 'vue';
import { ApiError, type Anchor, type ConsoleRoom, type Limits } from '@kaibo/api';
import { clockSkew, useNow } from '@kaibo/ui';
import {
  atShownField,
  checkDraft,
  draftOf,
  formOf,
  newDraft,
  USUAL_LIMITS,
  type FieldErrors,
  type RoomDraft,
} from './rules/roomDraft';
import { client } from './session';

/** The form of a new room, or of `roomId`. */
export function useRoomForm(appid: string, roomId: number | null) {
  const draft = ref<RoomDraft | null>(null);
  const before = shallowRef<ConsoleRoom | null>(null);
  const limits = shallowRef<Limits>(USUAL_LIMITS);
  const anchors = shallowRef<Anchor[] | null>(null);
  const skew = ref(0);
  const now = useNow(() => skew.value);
  const touched = ref(new Set<string>());
  const tried = ref(false);
  const busy = ref(false);
  // What the server said of a value, until that value changes.
  const refused = ref<Record<string, { code: string; value: unknown }>>({});

  const broken = computed<FieldErrors>(() =>
    draft.value ? checkDraft(draft.value, limits.value, now.value, before.value?.startAt ?? null) : {},
  );
  const errors = computed<FieldErrors>(() => {
    const shown: FieldErrors = {};
    for (const [field, { code, value }] of Object.entries(refused.value)) {
      if (valueOf(draft.value, field) === value) shown[field] = code;
    }
    for (const [field, code] of Object.entries(broken.value)) {
      if (tried.value || touched.value.has(field)) shown[field] = code;
    }
    return shown;
  });

  async function load(): Promise<void> {
    const [rules, room] = await Promise.all([
      client.limits(),
      roomId === null ? null : client.room(appid, roomId),
    ]);
    limits.value = rules;
    before.value = room;
    if (room) skew.value = clockSkew(room.now);
    draft.value = room ? draftOf(room) : newDraft(Date.now());
  }

  // The room has moved on: whether it may still be edited shows in its newest state.
  async function loadBefore(): Promise<void> {
    if (roomId === null) return;
    try {
      before.value = await client.room(appid, roomId);
    } catch {
      // The refusal itself is told.
    }
  }

  // The list of anchors only helps; the server judges.
  async function loadAnchors(): Promise<void> {
    try {
      anchors.value = await client.anchors(appid);
    } catch {
      anchors.value ??= null;
    }
  }

  /** The saved room; null when a field is wrong, which `errors` then tells. Other refusals are thrown. */
  async function save(): Promise<ConsoleRoom | null> {
    tried.value = true;
    if (!draft.value || busy.value || Object.keys(broken.value).length > 0) return null;
    busy.value = true;
    const form = formOf(draft.value);
    try {
      return roomId === null
        ? await client.createRoom(appid, form)
        : await client.editRoom(appid, roomId, form);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const shown = Object.entries(error.fields).map(([field, code]) => atShownField(field, code));
      // What stands at no field is for the reader all the same.
      if (shown.length === 0 || !shown.every(([field]) => field in form)) {
        if (error.status === 409) await loadBefore();
        throw error;
      }
      refused.value = Object.fromEntries(
        shown.map(([field, code]) => [field, { code, value: valueOf(draft.value, field) }]),
      );
      return null;
    } finally {
      busy.value = false;
    }
  }

  function touch(field: string): void {
    touched.value = new Set([...touched.value, field]);
  }

  return { draft, before, limits, anchors, now, errors, busy, load, loadAnchors, save, touch };
}

function valueOf(draft: RoomDraft | null, field: string): unknown {
  return draft === null ? undefined : (draft as unknown as Record<string, unknown>)[field];
}
