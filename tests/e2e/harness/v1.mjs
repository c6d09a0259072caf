// The owner at the console's API, and the anchor with a broadcast code.

const PASSWORD = 'korrekt-pferd-batterie';

/** Makes the server's owner through the set-up link and logs in. */
export async function ownerOf(kaibo) {
  const { token } = await kaibo.setup();
  const owner = new Owner(kaibo.http);
  await owner.open('/v1/setup', { token, name: 'owner', password: PASSWORD });
  return owner;
}

/** A logged-in console user. */
export class Owner {
  constructor(http) {
    this.http = http;
    this.password = PASSWORD;
  }

  /** Opens a session at `route`. */
  async open(route, body) {
    const answer = await fetch(this.http + route, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${route}: HTTP ${answer.status} ${await answer.text()}`);
    this.cookie = answer.headers.getSetCookie()[0].split(';')[0];
    this.session = await answer.json();
  }

  /** A call of the session; throws on refusals, with their code. */
  async call(method, route, body) {
    const answer = await fetch(this.http + route, {
      method,
      headers: { cookie: this.cookie, 'x-csrf-token': this.session.csrf, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${route}: HTTP ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  /** Codes and push address of a room. */
  access(appid, roomId) {
    return this.call('GET', `/v1/apps/${appid}/rooms/${roomId}/access`);
  }

  /** Voids the push key; gives the new access. */
  revokePush(appid, roomId) {
    return this.call('POST', `/v1/apps/${appid}/rooms/${roomId}/access/revoke-push`);
  }

  /** A link that enrols one device of the room's anchor. */
  async broadcastUrl(appid, roomId) {
    const made = await this.call('POST', `/v1/apps/${appid}/rooms/${roomId}/access/broadcast-code`);
    return made.broadcastUrl;
  }

  /** The room as the anchor sees it: a device that is enrolled, and a code for one more. */
  async broadcast(appid, roomId) {
    const cookie = await enrol(this.http, await this.broadcastUrl(appid, roomId));
    return new Broadcast(this.http, roomId, cookie, await this.broadcastUrl(appid, roomId));
  }
}

/** The cookie of a device that has used the code of a link. */
async function enrol(http, url) {
  const code = new URL(url).pathname.split('/').pop();
  const answer = await fetch(`${http}/v1/enrolments`, {
    method: 'POST',
    headers: { authorization: `Enrol ${code}`, 'content-type': 'application/json' },
    body: '{}',
  });
  if (!answer.ok) throw new Error(`enrolments: HTTP ${answer.status}`);
  return answer.headers.get('set-cookie').split(';')[0];
}

/** The anchor's side of the API. `url` enrols one more device, with `code`. */
export class Broadcast {
  constructor(http, roomId, cookie, url) {
    this.http = http;
    this.roomId = roomId;
    this.cookie = cookie;
    this.url = url;
    this.code = new URL(url).pathname.split('/').pop();
  }

  /** The room now. */
  async view() {
    const answer = await fetch(`${this.http}/v1/broadcast`, {
      headers: { authorization: `Broadcast ${this.roomId}`, cookie: this.cookie },
    });
    if (!answer.ok) throw new Error(`broadcast: HTTP ${answer.status}`);
    return answer.json();
  }

  /** Enrols a browser by the code, which shows the anchor's page of the room then. */
  async open(page) {
    await page.goto(this.url);
    await page.getByTestId('enrol-submit').click();
  }
}
