// A merchant's back end: the calls of WeChat's live API as an SDK makes them.
import { png } from './png.mjs';

/** Milliseconds of `n` minutes. */
export const minutes = (n) => n * 60_000;

/** The fields of `room/create` for a room due in `dueIn` ms, with the media id of one picture. */
export function roomFields({
  dueIn = minutes(15),
  length = minutes(60),
  anchor = 'anchor_one',
  image,
  ...rest
}) {
  const start = Math.ceil((Date.now() + dueIn) / 1000);
  return {
    name: '双十一年货专场',
    coverImg: image,
    shareImg: image,
    feedsImg: image,
    startTime: start,
    endTime: start + length / 1000,
    anchorName: '小林',
    anchorWechat: anchor,
    type: 1,
    closeLike: 0,
    closeGoods: 0,
    closeComment: 0,
    ...rest,
  };
}

/** Speaks for one app. Answers come back as they are, refusals included. */
export class WeChat {
  constructor(http, { appid, secret, anchor }) {
    Object.assign(this, { http, appid, secret, anchor });
  }

  /** A client with a token and one uploaded picture. */
  static async open(http, app) {
    const client = new WeChat(http, app);
    const url = `/cgi-bin/token?grant_type=client_credential&appid=${app.appid}&secret=${app.secret}`;
    const answer = await client.json(url);
    if (!answer.access_token) throw new Error(`no token: ${JSON.stringify(answer)}`);
    client.token = answer.access_token;
    client.image = await client.upload(png());
    return client;
  }

  async json(pathAndQuery, options) {
    const answer = await fetch(this.http + pathAndQuery, options);
    if (answer.status !== 200) throw new Error(`${pathAndQuery.split('?')[0]}: HTTP ${answer.status}`);
    return answer.json();
  }

  /** POST with a JSON body. */
  post(route, body) {
    return this.json(`${route}?access_token=${this.token}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  /** GET with parameters in the query. */
  get(route, query) {
    return this.json(`${route}?${new URLSearchParams({ access_token: this.token, ...query })}`);
  }

  /** Uploads a picture; gives its media id. */
  async upload(bytes) {
    const form = new FormData();
    form.append('media', new Blob([bytes], { type: 'image/png' }), 'cover.png');
    const answer = await this.json(`/cgi-bin/media/upload?access_token=${this.token}&type=image`, {
      method: 'POST',
      body: form,
    });
    if (!answer.media_id) throw new Error(`no media id: ${JSON.stringify(answer)}`);
    return answer.media_id;
  }

  /** `room/create`, as answered. */
  createRoom(fields = {}) {
    return this.post(
      '/wxaapi/broadcast/room/create',
      roomFields({ anchor: this.anchor, image: this.image, ...fields }),
    );
  }

  /** Makes a room that must be made; gives its number, its stream's name and its push address. */
  async room(fields) {
    const made = await this.createRoom(fields);
    if (made.errcode !== 0) throw new Error(`room/create: ${JSON.stringify(made)}`);
    const { pushAddr, errcode } = await this.pushUrl(made.roomId);
    if (errcode !== 0) throw new Error(`getpushurl: ${errcode}`);
    return { id: made.roomId, stream: `${this.appid}-${made.roomId}`, pushAddr };
  }

  pushUrl(roomId) {
    return this.get('/wxaapi/broadcast/room/getpushurl', { roomId });
  }

  /** `getliveinfo`, as answered. */
  liveInfo(start = 0, limit = 50) {
    return this.post('/wxa/business/getliveinfo', { start, limit });
  }

  /** Every room of the app, page by page. */
  async allRooms() {
    const rooms = [];
    for (;;) {
      const page = await this.liveInfo(rooms.length);
      if (page.errcode === 9410000) return rooms;
      if (page.errcode !== 0) throw new Error(`getliveinfo: ${JSON.stringify(page)}`);
      rooms.push(...page.room_info);
      if (rooms.length >= page.total) return rooms;
    }
  }

  /** The room's `live_status`. */
  async status(roomId) {
    const page = await this.liveInfo();
    return page.room_info.find((room) => room.roomid === roomId)?.live_status;
  }
}
