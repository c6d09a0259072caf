// What both SDKs' shops find: a server with an app, and an encoder that puts their room on air.
import { Kaibo, Publisher, png } from '../e2e/harness.mjs';

/** The way of a shop's back end, told in the words of WeChat's API; each SDK sends it in its own. */
export const STEPS = [
  'token',
  'upload',
  'create',
  'list',
  'goods/add',
  'goods/approved',
  'shelf',
  'push',
  'roles',
  'delete',
];

/** A picture of goods. */
export const picture = () => png(300, 300, 7);

/** A server of its own with one app. */
export async function open() {
  const kaibo = await Kaibo.start();
  const app = await kaibo.app();
  let encoder;
  return {
    kaibo,
    app,
    /** Pushes to the address that the SDK was given, and starts the room. */
    async goLive(roomId, pushAddr) {
      encoder = new Publisher(pushAddr);
      await encoder.good();
      await kaibo.run('room', 'start', '--appid', app.appid, roomId);
    },
    /** Ends the broadcast, so that the room may be deleted. */
    async end(roomId) {
      await encoder.quit();
      await kaibo.run('room', 'end', '--appid', app.appid, roomId);
    },
    async close() {
      await encoder?.kill();
      await kaibo.close();
    },
  };
}
