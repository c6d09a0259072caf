// node-easywechat from npm, as a shop uses it: its base URL is all that differs from WeChat.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import easywechat from 'node-easywechat';
import FormData from 'form-data';
import { STEPS, open, picture } from './shop.mjs';

const shop = await open();
after(() => shop.close());
// It keeps its token in a file of the working folder.
process.chdir(shop.kaibo.folder);

const app = new easywechat.MiniApp({
  app_id: shop.app.appid,
  secret: shop.app.secret,
  http: { baseURL: `${shop.kaibo.http}/` },
});
const client = app.getClient();

/** What the SDK makes of an answer; it must have the errcode of a success. */
async function call(sent) {
  const answer = (await sent).toObject();
  assert.equal(answer.errcode ?? 0, 0, JSON.stringify(answer));
  return answer;
}
const post = (path, json) => call(client.request('post', path, { json }));
const get = (path, params) => call(client.request('get', path, { params }));

async function upload(bytes) {
  const body = new FormData();
  body.append('media', bytes, { filename: 'cover.png', contentType: 'image/png' });
  const sent = client.request('post', 'cgi-bin/media/upload', { params: { type: 'image' }, formData: body });
  return (await call(sent)).media_id;
}

test('a shop on node-easywechat goes its whole way', { timeout: 120_000 }, async (t) => {
  const done = [];
  const step = async (name, work) => {
    const result = await work();
    done.push(name);
    return result;
  };
  await step('token', async () => assert.ok(await app.getAccessToken().getToken()));
  const image = await step('upload', () => upload(picture()));
  const start = Math.floor(Date.now() / 1000) + 7_200;
  const { roomId } = await step('create', () =>
    post('wxaapi/broadcast/room/create', {
      name: '年货节专场',
      coverImg: image,
      shareImg: image,
      feedsImg: image,
      startTime: start,
      endTime: start + 3_600,
      anchorName: '小林',
      anchorWechat: shop.app.anchor,
      type: 1,
      closeLike: 0,
      closeGoods: 0,
      closeComment: 0,
    }),
  );
  const list = () => post('wxa/business/getliveinfo', { start: 0, limit: 10 });
  const [planned] = (await step('list', list)).room_info;
  assert.deepEqual([planned.roomid, planned.live_status], [roomId, 102]);

  const goodsInfo = {
    coverImgUrl: image,
    name: '帆布双肩包',
    priceType: 3,
    price: 99,
    price2: 59.9,
    url: 'pages/goods/detail?id=7',
  };
  const { goodsId } = await step('goods/add', () => post('wxaapi/broadcast/goods/add', { goodsInfo }));
  await step('goods/approved', async () => {
    for (;;) {
      const { goods } = await post('wxa/business/getgoodswarehouse', { goods_ids: [goodsId] });
      if (goods[0].audit_status === 2) break;
      await sleep(50);
    }
    const { goods } = await get('wxaapi/broadcast/goods/getapproved', { offset: 0, limit: 30, status: 2 });
    assert.deepEqual([goods[0].goodsId, goods[0].price, goods[0].price2], [goodsId, 99, 59.9]);
  });
  await step('shelf', async () => {
    await post('wxaapi/broadcast/room/addgoods', { ids: [goodsId], roomId });
    const [room] = (await list()).room_info;
    assert.deepEqual([room.goods[0].goods_id, room.goods[0].price2], [goodsId, 5_990]);
  });
  await step('push', async () => {
    const { pushAddr } = await get('wxaapi/broadcast/room/getpushurl', { roomId });
    await shop.goLive(roomId, pushAddr);
    assert.equal((await list()).room_info[0].live_status, 101);
    await post('wxaapi/broadcast/goods/push', { roomId, goodsId });
  });
  await step('roles', async () => {
    await post('wxaapi/broadcast/role/addrole', { username: 'operator_one', role: 3 });
    const roles = await get('wxaapi/broadcast/role/getrolelist', { role: 3, offset: 0, limit: 10 });
    assert.deepEqual(roles.list[0].roleList, [3]);
    await post('wxaapi/broadcast/role/deleterole', { username: 'operator_one', role: 3 });
  });
  await step('delete', async () => {
    await shop.end(roomId);
    await post('wxaapi/broadcast/room/deleteroom', { id: roomId });
    await post('wxaapi/broadcast/goods/delete', { goodsId });
    const json = { start: 0, limit: 10 };
    const gone = await client.request('post', 'wxa/business/getliveinfo', { json });
    assert.equal(gone.toObject().errcode, 9_410_000);
  });
  assert.deepEqual(done, STEPS);
  t.diagnostic(`node-easywechat: ${done.join(' → ')}`);
});
