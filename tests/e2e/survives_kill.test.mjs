// A power cut in the middle of work: what was acknowledged is there.
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, test } from 'node:test';
import { Kaibo, WeChat, freshFolder, minutes, seconds } from './harness.mjs';

const ROOMS = 200;
const PER_APP = 40;
const folder = await freshFolder();
after(() => rm(folder, { recursive: true, force: true }));

/** Creates 200 rooms at once and kills the server after `killAfter` answers. Gives the answered ones per app. */
async function killedWhileCreating(kaibo, apps, killAfter) {
  const answered = new Map(apps.map((app) => [app.appid, new Map()]));
  let count = 0;
  let killed;
  const create = async (app, number) => {
    const name = `第${number}场年货专场`;
    try {
      const made = await app.createRoom({ dueIn: minutes(60 + number), name });
      assert.equal(made.errcode, 0, JSON.stringify(made));
      answered.get(app.appid).set(made.roomId, name);
      count += 1;
      if (count === killAfter) killed = kaibo.killHard();
    } catch (error) {
      // The connection broke: this one was not acknowledged.
      if (error instanceof assert.AssertionError) throw error;
    }
  };
  const work = apps.flatMap((app) => Array.from({ length: PER_APP }, (_, number) => create(app, number)));
  assert.equal(work.length, ROOMS);
  await Promise.all(work);
  await (killed ?? kaibo.killHard());
  return { answered, count };
}

test('every acknowledged room is there after kill -9', { timeout: seconds(180) }, async (t) => {
  let lost = 0;
  const ids = new Set();
  for (const killAfter of [1, 20, 90, 160]) {
    const kaibo = await Kaibo.start({ folder });
    const made = [];
    for (let n = 0; n < ROOMS / PER_APP; n += 1) made.push(await kaibo.app(`小店${n}`));
    const apps = await Promise.all(made.map((app) => WeChat.open(kaibo.http, app)));
    const { answered, count } = await killedWhileCreating(kaibo, apps, killAfter);
    lost += ROOMS - count;

    const again = await Kaibo.start({ folder });
    t.after(() => again.close());
    let found = 0;
    for (const app of made) {
      const rooms = new Map(
        (await (await WeChat.open(again.http, app)).allRooms()).map((room) => [room.roomid, room]),
      );
      found += rooms.size;
      for (const [id, name] of answered.get(app.appid)) {
        assert.equal(rooms.get(id)?.name, name, `room ${id} was acknowledged`);
        assert.equal(rooms.get(id).live_status, 102);
        assert.ok(!ids.has(id), `room ${id} was given twice`);
        ids.add(id);
      }
    }
    t.diagnostic(
      `killed after ${killAfter} answers: ${count} acknowledged, ${found} found after the restart`,
    );
    assert.equal(await again.stop(), 0);
  }
  assert.ok(lost > 0, 'the server was killed in the middle of the work');
});
