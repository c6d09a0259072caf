// Everything a test needs, in one import: the server, its callers, an encoder, a browser.
export { Kaibo, freshFolder } from './harness/server.mjs';
export { WeChat, minutes, roomFields } from './harness/wechat.mjs';
export { Owner, Broadcast, ownerOf } from './harness/v1.mjs';
export { Publisher, probe, refusedPush } from './harness/ffmpeg.mjs';
export { Browser, fits, framesMove, moves, pageStatus, shoot } from './harness/browser.mjs';
export { bodyEnd, events } from './harness/streams.mjs';
export { note, seconds, step, until } from './harness/wait.mjs';
export { png } from './harness/png.mjs';
