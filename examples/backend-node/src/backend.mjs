// The shop's back end: it serves its own list of rooms, and keeps it by events and an hourly look.
import { createServer } from 'node:http';
import { KaiboClient } from './kaibo.mjs';
import { fromV1, fromWechat, lookFrom, takeEvent, takeList } from './rooms.mjs';
import { isGenuine } from './signature.mjs';
import { Store } from './store.mjs';
import { clock as wallClock } from './timer.mjs';

const HOUR_MS = 3_600_000;
const MOST_BODY = 1 << 20;
/** Calls kept for what must be made in any case: an hourly look, and a token every second hour. */
const RESERVE_AN_HOUR = 1.5;

export class Backend {
  /** `clock`: `now()` and `every(ms, work)`, as in timer.mjs. */
  constructor({ webhookSecret, file, clock = wallClock, ...kaibo }) {
    this.clock = clock;
    this.webhookSecret = webhookSecret;
    this.store = new Store(file);
    this.kaibo = new KaiboClient(kaibo, this.store, clock);
    this.server = createServer((request, response) => void this.#answer(request, response));
    this.ordered = Promise.resolve();
    this.hours = 0;
  }

  /** Listens on `port` (0: a free one) of `host`, gives the port; all rooms are there when it returns. */
  async start(port, host = '127.0.0.1') {
    await new Promise((resolve) => this.server.listen(port, host, resolve));
    if (this.store.data.syncedAt === null) await this.#inTurn(() => this.#readAll());
    this.end = this.clock.every(HOUR_MS, () => this.look());
    return this.server.address().port;
  }

  /** Settles when nothing is under way any more. */
  async stop() {
    this.end?.();
    await new Promise((resolve) => this.server.close(resolve));
    await this.ordered;
  }

  /**
   * The hourly look: heals what events did not tell, and costs a 304 while there is no such thing. A list of
   * several pages is looked at every so many hours, so that the calls of a day stay the same.
   */
  look() {
    this.hours += 1;
    if (this.hours % this.kaibo.pages !== 0) return this.ordered;
    return this.#inTurn(async () => {
      const from = lookFrom(this.clock.now());
      const rooms = await this.kaibo.roomsFrom(from);
      const list = rooms?.map((room) => fromV1(room, this.kaibo.url));
      if (list) takeList(this.store.data.rooms, list, from);
      this.#savedAsOf(this.clock.now());
    });
  }

  async #readAll() {
    const { rooms, at } = await this.kaibo.allRooms();
    const list = rooms.map((row) => fromWechat(row, at));
    takeList(this.store.data.rooms, list, 0);
    this.#savedAsOf(this.clock.now());
  }

  #savedAsOf(at) {
    this.store.data.syncedAt = at;
    this.store.save();
  }

  /**
   * One after the other, so that a list is never older than what was told before it. What fails is told, and
   * healed by the next look.
   */
  #inTurn(work) {
    this.ordered = this.ordered.then(work).catch((error) => console.error(`kaibo: ${error.message}`));
    return this.ordered;
  }

  async #answer(request, response) {
    const { pathname } = new URL(request.url, 'http://shop');
    const [, id] = /^\/rooms\/(\d+)$/.exec(pathname) ?? [];
    const { rooms, syncedAt, calls } = this.store.data;
    if (request.method === 'POST' && pathname === '/kaibo/events') return this.#hear(request, response);
    if (request.method !== 'GET') return send(response, 405, { error: 'method' });
    if (id !== undefined)
      return rooms[id] ? send(response, 200, rooms[id]) : send(response, 404, { error: 'room' });
    if (pathname !== '/rooms') return send(response, 404, { error: 'path' });
    const list = Object.values(rooms).sort((a, b) => b.startAt - a.startAt || b.roomId - a.roomId);
    send(response, 200, { syncedAt, callsToday: calls.count, rooms: list });
  }

  /** An event: answered with 2xx only once it is on the disk, since it does not come again after that. */
  async #hear(request, response) {
    const body = await bodyOf(request);
    if (body === null) return send(response, 413, { error: 'size' });
    // Kaibo signs by the wall's clock, whatever ours shows.
    if (!isGenuine(body, request.headers['kaibo-signature'], this.webhookSecret))
      return send(response, 401, { error: 'signature' });
    let event;
    try {
      event = JSON.parse(body);
    } catch {
      return send(response, 400, { error: 'body' });
    }
    await this.#inTurn(() => {
      const wantsMore = takeEvent(this.store.data, event, this.clock.now());
      this.store.save();
      send(response, 200, {});
      if (wantsMore && this.#maySpend()) void this.#inTurn(() => this.#readOne(event.roomId));
    });
    if (!response.headersSent) send(response, 503, { error: 'store' });
  }

  async #readOne(roomId) {
    const room = await this.kaibo.room(roomId);
    if (room) this.store.data.rooms[roomId] = fromV1(room, this.kaibo.url);
    else delete this.store.data.rooms[roomId];
    this.store.save();
  }

  /** Whether a call may be made for a detail; else the next hourly look brings it. */
  #maySpend() {
    const msOfDay = (this.clock.now() + 8 * HOUR_MS) % (24 * HOUR_MS);
    const hoursLeft = Math.ceil(24 - msOfDay / HOUR_MS);
    return this.kaibo.left > hoursLeft * RESERVE_AN_HOUR;
  }
}

function send(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

/** The bytes of a body; null: more than an event has. */
async function bodyOf(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > MOST_BODY) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
