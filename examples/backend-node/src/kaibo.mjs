// The calls that go to Kaibo: each is counted, and none is made beyond the day's budget.

const TOKEN_MARGIN_MS = 5 * 60_000;
/** getliveinfo gives 50 rows at most, /v1 100. */
const ROWS = { wechat: 50, v1: 100 };

export class KaiboClient {
  constructor({ url, appid, secret, mostCalls }, store, clock) {
    Object.assign(this, { url: url.replace(/\/$/, ''), appid, secret, mostCalls, store, clock });
    /** Pages of the list that was read last by `roomsFrom`. */
    this.pages = 1;
  }

  /** Calls that may still be made today. */
  get left() {
    const { calls } = this.store.data;
    return this.mostCalls - (calls.day === this.#day() ? calls.count : 0);
  }

  /** Every room, page by page, as WeChat's API lists them, and as of when by Kaibo's own clock. */
  async allRooms() {
    const rooms = [];
    let at;
    for (;;) {
      const { page, date } = await this.#wechat('/wxa/business/getliveinfo', {
        start: rooms.length,
        limit: ROWS.wechat,
      });
      at ??= date;
      // 9410000 is WeChat's way to say that there is nothing (more).
      if (page.errcode !== 9410000) rooms.push(...page.room_info);
      if (page.errcode === 9410000 || rooms.length >= page.total) return { rooms, at };
    }
  }

  /** Rooms that are planned for `from` or later; null: nothing has changed since this was asked last. */
  async roomsFrom(from) {
    const rooms = [];
    let changed = false;
    for (;;) {
      const query = new URLSearchParams({ startFrom: from, offset: rooms.length, limit: ROWS.v1 });
      const page = await this.#v1(`/rooms?${query}`, `rooms+${rooms.length}`);
      changed ||= page.isNew;
      rooms.push(...page.body.rooms);
      this.pages = Math.max(1, Math.ceil(page.body.total / ROWS.v1));
      if (rooms.length >= page.body.total || page.body.rooms.length === 0) return changed ? rooms : null;
    }
  }

  /** One room; null: there is no such room. */
  async room(roomId) {
    const page = await this.#v1(`/rooms/${roomId}`, null);
    return page.body;
  }

  /** A token that lives; it is kept, so a restart costs none. */
  async #token() {
    const { data } = this.store;
    if (data.token && data.token.endsAt - TOKEN_MARGIN_MS > this.clock.now()) return data.token.value;
    // Servers that ask for a stable token at once all get the same.
    const answer = await this.#send('/cgi-bin/stable_token', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grant_type: 'client_credential', appid: this.appid, secret: this.secret }),
    });
    const { access_token: value, expires_in: seconds, errcode, errmsg } = await answer.json();
    if (!value) throw new Error(`stable_token: ${errcode} ${errmsg}`);
    data.token = { value, endsAt: this.clock.now() + seconds * 1000 };
    this.store.save();
    return value;
  }

  async #wechat(path, body, again = true) {
    const answer = await this.#send(`${path}?access_token=${await this.#token()}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const said = await answer.json();
    if ([40001, 40014, 42001].includes(said.errcode) && again) {
      this.store.data.token = null;
      return this.#wechat(path, body, false);
    }
    if (said.errcode !== 0 && said.errcode !== 9410000)
      throw new Error(`${path}: ${said.errcode} ${said.errmsg}`);
    return { page: said, date: Date.parse(answer.headers.get('date')) };
  }

  /** `tag`: under which name the answer's ETag and body are kept, so that the same is not sent again. */
  async #v1(path, tag, again = true) {
    const { etags } = this.store.data;
    const held = tag === null ? undefined : etags[tag];
    const headers = { authorization: `Bearer ${await this.#token()}` };
    if (held) headers['if-none-match'] = held.etag;
    const answer = await this.#send(`/v1/apps/${this.appid}${path}`, { headers });
    if (answer.status === 304) return { isNew: false, body: held.body };
    if (answer.status === 404) return { isNew: true, body: null };
    if (answer.status === 401 && again) {
      this.store.data.token = null;
      return this.#v1(path, tag, false);
    }
    if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status}`);
    const body = await answer.json();
    if (tag !== null) etags[tag] = { etag: answer.headers.get('etag'), body };
    return { isNew: true, body };
  }

  async #send(path, options) {
    if (this.left <= 0) throw new Error('all calls of the day are made');
    const day = this.#day();
    const { calls } = this.store.data;
    this.store.data.calls = { day, count: calls.day === day ? calls.count + 1 : 1 };
    return fetch(this.url + path, { ...options, signal: AbortSignal.timeout(10_000) });
  }

  #day() {
    // Kaibo's day begins at midnight in China, unless `room.time_zone` says otherwise.
    return new Date(this.clock.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  }
}
