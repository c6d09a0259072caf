// Server-sent events over fetch: unlike EventSource it can send headers, and says what went wrong.
import { backoffMs } from './backoff';
import { ApiError, commonHeaders, isPassing, refusalOf } from './http';

/** One event as it came; `id` is the last id seen on the stream. */
export interface SseEvent {
  event: string;
  data: string;
  id: string | null;
}

/** Cuts the bytes of an event stream into events; keeps what is not complete yet. Caps a line at 1 MiB. */
export class SseParser {
  private rest = '';
  private event = '';
  private data: string[] = [];
  private id: string | null = null;
  private skipLineFeed = false;
  /** Reconnection time the server asked for, if it did. */
  retryMs: number | null = null;

  /** Takes the next piece of text, gives the events it completed. */
  push(text: string): SseEvent[] {
    const events: SseEvent[] = [];
    let input = this.rest + text;
    if (this.skipLineFeed && input.startsWith('\n')) input = input.slice(1);
    if (input !== '') this.skipLineFeed = false;
    let start = 0;
    for (let at = 0; at < input.length; at += 1) {
      const char = input[at];
      if (char !== '\n' && char !== '\r') continue;
      const done = this.line(input.slice(start, at));
      if (done) events.push(done);
      if (char === '\r') {
        if (at + 1 === input.length) this.skipLineFeed = true;
        else if (input[at + 1] === '\n') at += 1;
      }
      start = at + 1;
    }
    this.rest = input.slice(start);
    if (this.rest.length > 1 << 20) throw new Error('event stream: line too long');
    return events;
  }

  private line(line: string): SseEvent | null {
    if (line === '') return this.dispatch();
    if (line.startsWith(':')) return null;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.event = value;
    else if (field === 'data') this.data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
    return null;
  }

  private dispatch(): SseEvent | null {
    const { event, data } = this;
    this.event = '';
    this.data = [];
    if (data.length === 0) return null;
    return { event: event || 'message', data: data.join('\n'), id: this.id };
  }
}

/** State of the line to the server. */
export type LineState = 'connecting' | 'open' | 'waiting' | 'closed';

export interface SubscribeOptions {
  headers?: Record<string, string>;
  onEvent: (event: SseEvent) => void;
  /** `waiting`: the line is down and is tried again by itself. */
  onLine?: (state: LineState) => void;
  /** The server refused for good (4xx): nothing more will come. */
  onRefused?: (error: ApiError) => void;
  /** Silence after which the line counts as dead; the server pings every 15 s. */
  silenceMs?: number;
}

/** A running subscription. */
export interface Subscription {
  close(): void;
  /** Tries at once if the line is down, e.g. when the page is seen again. */
  poke(): void;
}

/** Follows an event stream until closed; reconnects by itself with jittered back-off. */
export function subscribe(path: string, options: SubscribeOptions): Subscription {
  const follower = new Follower(path, options);
  void follower.run();
  return { close: () => follower.close(), poke: () => follower.poke() };
}

class Follower {
  private closed = false;
  private attempt = 0;
  private current: AbortController | null = null;
  private wake: (() => void) | null = null;
  private retryMs = 1000;
  private readonly onOnline = () => this.poke();

  constructor(
    private readonly path: string,
    private readonly options: SubscribeOptions,
  ) {}

  async run(): Promise<void> {
    globalThis.addEventListener?.('online', this.onOnline);
    while (!this.closed) {
      this.options.onLine?.('connecting');
      try {
        await this.connectOnce();
      } catch (error) {
        if (this.closed) break;
        if (error instanceof ApiError && !isPassing(error)) {
          this.close();
          this.options.onRefused?.(error);
          break;
        }
      }
      if (this.closed) break;
      this.options.onLine?.('waiting');
      await this.pause(backoffMs(this.attempt, { firstMs: this.retryMs, maxMs: 20_000 }));
      this.attempt += 1;
    }
    this.options.onLine?.('closed');
  }

  close(): void {
    this.closed = true;
    globalThis.removeEventListener?.('online', this.onOnline);
    this.current?.abort();
    this.wake?.();
  }

  poke(): void {
    if (this.wake) {
      this.attempt = 0;
      this.wake();
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wake?.(), ms);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = null;
        resolve();
      };
    });
  }

  private async connectOnce(): Promise<void> {
    const controller = new AbortController();
    this.current = controller;
    const silenceMs = this.options.silenceMs ?? 40_000;
    let timer = setTimeout(() => controller.abort(), silenceMs);
    try {
      const response = await fetch(this.path, {
        headers: { ...commonHeaders(), Accept: 'text/event-stream', ...this.options.headers },
        credentials: 'same-origin',
        cache: 'no-store',
        signal: controller.signal,
      });
      if (!response.ok) throw refusalOf(response, await response.text());
      if (!response.body) throw new Error('event stream without a body');
      this.options.onLine?.('open');
      const parser = new SseParser();
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(() => controller.abort(), silenceMs);
        this.deliver(parser, decoder.decode(value, { stream: true }));
      }
    } finally {
      clearTimeout(timer);
      controller.abort();
    }
  }

  private deliver(parser: SseParser, text: string): void {
    for (const event of parser.push(text)) {
      if (this.closed) return;
      this.attempt = 0;
      this.options.onEvent(event);
    }
    if (parser.retryMs !== null) this.retryMs = Math.max(200, Math.min(parser.retryMs, 20_000));
  }
}
