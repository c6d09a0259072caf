// What comes out for viewers: three forms that a decoder of other people's making reads.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Browser, Kaibo, Publisher, WeChat, minutes, moves, probe, seconds, until } from './harness.mjs';

const kaibo = await Kaibo.start();
after(() => kaibo.close());
const wechat = await WeChat.open(kaibo.http, await kaibo.app());
const room = await wechat.room({ dueIn: minutes(15) });
const encoder = new Publisher(room.pushAddr);
after(() => encoder.kill());

const text = async (route) => {
  const answer = await fetch(kaibo.http + route);
  return answer.ok ? answer.text() : '';
};
const { play } = await until(
  'the room is live',
  async () => {
    const view = await (await fetch(`${kaibo.http}/v1/rooms/${room.id}`)).json();
    return view.status === 101 && view;
  },
  { within: seconds(20) },
);
// Some segments, so that a reader finds a playlist as in the middle of a broadcast.
const filled = (playlist) => (playlist.match(/#EXTINF/g) ?? []).length >= 3;
const video = play.hls.replace('index.m3u8', 'video.m3u8');
await until('playlists are filled', async () => filled(await text(video)) && filled(await text(play.ts)), {
  within: seconds(30),
});

test('addresses carry the stream as WeChat names it', () => {
  assert.equal(play.flv, `/live/${room.stream}.flv`);
  assert.equal(play.hls, `/live/${room.stream}/index.m3u8`);
  assert.equal(play.ts, `/live/${room.stream}/ts.m3u8`);
});

for (const form of ['flv', 'hls', 'ts']) {
  test(`${form} is H.264 and AAC that decodes`, { timeout: seconds(60) }, async () => {
    const { video, audio, errors } = await probe(kaibo.http + play[form]);
    assert.equal(errors, '');
    assert.equal(video.codec_name, 'h264');
    assert.deepEqual([video.width, video.height], [640, 360]);
    assert.equal(audio.codec_name, 'aac');
    assert.equal(audio.sample_rate, '44100');
    assert.ok(Number(video.nb_read_frames) >= 50, `${video.nb_read_frames} pictures`);
    assert.ok(Number(audio.nb_read_frames) >= 80, `${audio.nb_read_frames} audio frames`);
  });
}

test('the playlist is CMAF, the other MPEG-TS', async () => {
  assert.match(
    await text(play.hls),
    /#EXT-X-STREAM-INF:.*CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2".*\nvideo\.m3u8/,
  );
  assert.match(await text(video), /#EXT-X-MAP:URI=/);
  const ts = await text(play.ts);
  assert.doesNotMatch(ts, /#EXT-X-MAP/);
  const segment = ts.split('\n').find((line) => line && !line.startsWith('#'));
  const bytes = new Uint8Array(await (await fetch(new URL(segment, kaibo.http + play.ts))).arrayBuffer());
  assert.equal(bytes.length % 188, 0);
  assert.ok(bytes.every((value, at) => at % 188 || value === 0x47));
});

test('pages of every site may play it', async () => {
  for (const route of [...Object.values(play), video]) {
    const abort = new AbortController();
    const answer = await fetch(kaibo.http + route, {
      headers: { origin: 'https://shop.example' },
      signal: abort.signal,
    });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('access-control-allow-origin'), '*', route);
    abort.abort();
  }
});

test('an unknown stream is a 404 that tells nothing', async () => {
  const known = new RegExp(room.stream);
  for (const route of [
    '/live/wx0123456789abcdef-1.flv',
    '/live/nothing.flv',
    '/live/wx0-1/index.m3u8',
    '/live/wx0-1/ts.m3u8',
  ]) {
    const answer = await fetch(kaibo.http + route);
    assert.equal(answer.status, 404, route);
    assert.doesNotMatch(await answer.text(), known);
  }
});

for (const engine of ['flv', 'hls']) {
  test(`the room's page plays ${engine}`, { timeout: seconds(60) }, async (t) => {
    const browser = await Browser.start();
    t.after(() => browser.close());
    const page = await browser.page('phone');
    await page.goto(`${kaibo.http}/r/${room.id}?engine=${engine}`);
    await moves(page);
    assert.equal(await page.getByTestId('video').getAttribute('data-engine'), engine);
    assert.deepEqual(browser.troubles, []);
  });
}
