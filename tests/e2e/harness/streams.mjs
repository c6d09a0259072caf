// Readers of what the server sends for long: event streams and live bodies.

import { withDeadline } from './wait.mjs';

/**
 * Follows an event stream from now on. `next(wanted, within)` gives the first event, waiting or
 * already come since the last call, for which `wanted(data)` is true.
 */
export async function events(url, headers = {}) {
  const abort = new AbortController();
  const answer = await fetch(url, {
    headers: { accept: 'text/event-stream', ...headers },
    signal: abort.signal,
  });
  if (!answer.ok) throw new Error(`${url}: HTTP ${answer.status}`);
  const seen = [];
  let wake = () => {};
  const reading = read(answer.body, (event) => {
    seen.push(event);
    wake();
  });
  reading.catch(() => {});
  return {
    seen,
    close: () => abort.abort(),
    next: (wanted, within) => next(seen, wanted, within, (resolve) => (wake = resolve)),
  };
}

function next(seen, wanted, within, onEvent) {
  const look = async () => {
    for (let at = 0; ; at += 1) {
      while (at >= seen.length) await new Promise(onEvent);
      if (wanted(seen[at].data)) return seen.splice(0, at + 1).pop();
    }
  };
  const failed = () => `no such event within ${within} ms; seen: ${JSON.stringify(seen).slice(-600)}`;
  return withDeadline(look(), within, failed);
}

async function read(body, onEvent) {
  let text = '';
  for await (const part of body.pipeThrough(new TextDecoderStream())) {
    text += part;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name) =>
        lines
          .filter((line) => line.startsWith(`${name}:`))
          .map((line) => line.slice(name.length + 1).replace(/^ /, ''))
          .join('\n');
      if (field('data'))
        onEvent({
          event: field('event'),
          id: field('id'),
          data: JSON.parse(field('data')),
          at: performance.now(),
        });
    }
  }
}

/** Reads a live body to its end. `first` settles with the first bytes, `end` with the time it closed and its length. */
export async function bodyEnd(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: HTTP ${answer.status}`);
  const reader = answer.body.getReader();
  const first = reader.read();
  const end = (async () => {
    let length = (await first).value.length;
    let clean = true;
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read())
        length += part.value.length;
    } catch {
      clean = false;
    }
    return { at: performance.now(), length, clean };
  })();
  end.catch(() => {});
  return { headers: answer.headers, first, end, cancel: () => reader.cancel().catch(() => {}) };
}
