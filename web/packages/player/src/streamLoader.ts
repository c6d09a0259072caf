// Fetches an endless body for mpegts.js, and lets go of the connection at once when told to. The
// library's own loader waits for another chunk in Chrome, which never comes from a silent stream;
// six such lines and a browser talks to the server no more.
import mpegts from 'mpegts.js';

const { kIdle, kConnecting, kBuffering, kError, kComplete } = mpegts.LoaderStatus;

/** mpegts.js's loader for live streams: one request, no ranges. */
export class StreamLoader extends mpegts.BaseLoader {
  private readonly line = new AbortController();

  constructor() {
    super('stream-loader');
    this._needStash = true;
  }

  override open(source: { url: string }): void {
    this._status = kConnecting;
    this.read(source.url).catch((error: unknown) => this.fail(-1, String(error)));
  }

  override abort(): void {
    this._status = kIdle;
    this.line.abort();
  }

  override destroy(): void {
    this.abort();
    super.destroy();
  }

  private async read(url: string): Promise<void> {
    const answer = await fetch(url, {
      signal: this.line.signal,
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
    });
    if (!answer.ok || !answer.body) {
      this.line.abort();
      this.fail(answer.status, answer.statusText);
      return;
    }
    this._status = kBuffering;
    const reader = answer.body.getReader();
    let received = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (this.line.signal.aborted) return;
      const from = received;
      received += part.value.byteLength;
      this.onDataArrival?.(part.value.slice().buffer, from, received);
    }
    if (this.line.signal.aborted) return;
    this._status = kComplete;
    this.onComplete?.(0, received - 1);
  }

  private fail(code: number, msg: string): void {
    if (this.line.signal.aborted && code === -1) return;
    this._status = kError;
    const kind = code === -1 ? mpegts.LoaderErrors.EXCEPTION : mpegts.LoaderErrors.HTTP_STATUS_CODE_INVALID;
    this.onError?.(kind as never, { code, msg });
  }
}
