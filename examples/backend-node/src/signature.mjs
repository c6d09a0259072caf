// Whether an event comes from Kaibo: HMAC-SHA-256 over `<seconds>.<body>` under the webhook's secret.
import { createHmac, timingSafeEqual } from 'node:crypto';

/** An old event that somebody recorded is none of ours. */
const OLDEST_SECONDS = 300;

/** `header`: `Kaibo-Signature`, as `t=<seconds>,v1=<hex>`; `body`: the bytes as they came. */
export function isGenuine(body, header, secret, now = Date.now()) {
  const [, seconds, signature] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? '') ?? [];
  if (!signature || Math.abs(now / 1000 - Number(seconds)) > OLDEST_SECONDS) return false;
  const made = createHmac('sha256', secret).update(`${seconds}.`).update(body).digest();
  return timingSafeEqual(made, Buffer.from(signature, 'hex'));
}
