// Which engine plays: decided from what the browser can do and what has failed so far.

/** `flv`: HTTP-FLV by mpegts.js; `hls`: HLS by hls.js; `native`: HLS by the browser itself. */
export type EngineName = 'flv' | 'hls' | 'native';

/** Addresses of one live stream; `ts` is HLS with MPEG-TS for old phones. */
export interface PlayerSources {
  flv: string;
  hls: string;
  ts?: string;
}

/** What the browser can do. */
export interface Capabilities {
  /** Media Source Extensions that take H.264 and AAC. */
  mse: boolean;
  /** Only the managed kind (iPhone from iOS 17.1 on). */
  managedOnly: boolean;
  /** HLS in a video element. */
  nativeHls: boolean;
  /** A response body can be read while it arrives. */
  streamingFetch: boolean;
}

/** Engines worth trying, best first. FLV has the least delay; an iPhone plays HLS best by itself. */
export function engineOrder(can: Capabilities, preferred?: EngineName): EngineName[] {
  const order: EngineName[] = [];
  if (can.mse && !can.managedOnly && can.streamingFetch) order.push('flv');
  if (can.mse && !can.managedOnly) order.push('hls');
  if (can.nativeHls) order.push('native');
  if (can.mse && can.managedOnly) order.push('hls');
  if (preferred && order.includes(preferred))
    return [preferred, ...order.filter((name) => name !== preferred)];
  return order;
}

/** How an attempt ended. */
export type Failure =
  /** The line broke or the server was not there: the engine is not to blame. */
  | 'network'
  /** Attached, but no picture moved. */
  | 'stall'
  /** The engine or the browser cannot play this stream. */
  | 'media';

/** What to try next. */
export interface Choice {
  engine: EngineName;
  /** The index of the engine in the order. */
  index: number;
}

/** Attempts in a row that may fail on one engine before the next one gets its turn. */
const PATIENCE: Record<Failure, number> = { network: 3, stall: 2, media: 1 };

/**
 * The engine of the next attempt. `inARow`: failures on the current engine since it last played.
 * Goes round: after the last engine comes the first again, for a server may have been at fault all along.
 */
export function nextEngine(
  order: readonly EngineName[],
  index: number,
  failure: Failure,
  inARow: number,
): Choice | null {
  const next = inARow >= PATIENCE[failure] ? (index + 1) % order.length : index;
  const engine = order[next];
  return engine === undefined ? null : { engine, index: next };
}

/** What this browser can do. */
export function capabilities(video: HTMLVideoElement): Capabilities {
  const scope = globalThis as {
    MediaSource?: typeof MediaSource;
    ManagedMediaSource?: typeof MediaSource;
    ReadableStream?: unknown;
    Response?: typeof Response;
  };
  const source = scope.MediaSource ?? scope.ManagedMediaSource;
  return {
    mse: source?.isTypeSupported('video/mp4; codecs="avc1.42E01E,mp4a.40.2"') ?? false,
    managedOnly: !scope.MediaSource && !!scope.ManagedMediaSource,
    nativeHls: video.canPlayType('application/vnd.apple.mpegurl') !== '',
    streamingFetch: !!scope.ReadableStream && !!scope.Response && 'body' in scope.Response.prototype,
  };
}
