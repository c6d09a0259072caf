// The shop's own list of rooms: how it takes in what Kaibo lists and what its events tell.

/** How far back the hourly look goes: older rooms are over, and nothing changes them any more. */
const LOOK_BACK_MS = 7 * 86_400_000;
/** The status of a room that was just made. */
const NOT_STARTED = 102;
/** Repetitions come within three days. */
const REMEMBER_MS = 4 * 86_400_000;

/** A row of getliveinfo. `at`: as of when it is true. */
export function fromWechat(row, at) {
  return {
    roomId: row.roomid,
    name: row.name,
    status: row.live_status,
    startAt: row.start_time * 1000,
    endAt: row.end_time * 1000,
    anchorName: row.anchor_name,
    coverUrl: row.cover_img,
    at,
  };
}

/** A room of /v1, which says itself as of when it is true. */
export function fromV1({ roomId, name, status, startAt, endAt, anchorName, coverUrl, now }, base) {
  const cover = coverUrl === null ? null : new URL(coverUrl, base).href;
  return { roomId, name, status, startAt, endAt, anchorName, coverUrl: cover, at: now };
}

/** The moment from which on the hourly look asks; the same all day long, so that its answer may be the same. */
export function lookFrom(now) {
  return now - (now % 86_400_000) - LOOK_BACK_MS;
}

/** Takes in a list that is whole from `from` on: what is not in it was deleted. */
export function takeList(rooms, list, from) {
  const listed = new Set(list.map(({ roomId }) => String(roomId)));
  for (const [id, { startAt }] of Object.entries(rooms))
    if (startAt >= from && !listed.has(id)) delete rooms[id];
  for (const room of list) rooms[room.roomId] = room;
}

/**
 * Takes in an event. Those of a room come in order, but one may come again, and one may come after a list that
 * has it already. Gives whether the room must be asked for: events tell of a plan, not of its cover.
 */
export function takeEvent(data, event, now) {
  for (const [id, at] of Object.entries(data.seen)) if (at < now - REMEMBER_MS) delete data.seen[id];
  if (data.seen[event.id]) return false;
  data.seen[event.id] = now;
  const held = data.rooms[event.roomId];
  if (held && event.at < held.at) return false;
  switch (event.type) {
    case 'room.created':
    case 'room.edited':
      return takePlan(data.rooms, held, event);
    case 'room.status':
      if (held) Object.assign(held, { status: event.data.to, at: event.at });
      return !held;
    case 'room.deleted':
      delete data.rooms[event.roomId];
      return false;
    default:
      return false;
  }
}

function takePlan(rooms, held, { roomId, at, data: { name, startAt, endAt } }) {
  // A room that is deleted by the time it is told has no plan.
  if (name === undefined) return false;
  const before = held ?? { roomId, status: NOT_STARTED, anchorName: null, coverUrl: null };
  rooms[roomId] = { ...before, name, startAt, endAt, at };
  return true;
}
