// Starts the back end: `KAIBO_URL=… KAIBO_APPID=… KAIBO_SECRET=… KAIBO_WEBHOOK_SECRET=… node server.mjs`.
import { Backend } from './src/backend.mjs';

const backend = new Backend({
  url: needed('KAIBO_URL'),
  appid: needed('KAIBO_APPID'),
  secret: needed('KAIBO_SECRET'),
  webhookSecret: needed('KAIBO_WEBHOOK_SECRET'),
  file: process.env.STORE ?? './rooms.json',
  mostCalls: Number(process.env.MOST_CALLS ?? 50),
});
const port = await backend.start(Number(process.env.PORT ?? 3000));
console.log(`rooms: http://127.0.0.1:${port}/rooms, events: http://127.0.0.1:${port}/kaibo/events`);

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void backend.stop());

function needed(name) {
  const value = process.env[name];
  if (value) return value;
  console.error(`${name} is not set; see README.md`);
  process.exit(1);
}
