// What the player asks of an engine, and the three engines; their libraries are loaded only when used.
import type { EngineName, Failure, PlayerSources } from './choose';

/** How an engine reports; after `onFailure` it is destroyed. */
export interface EngineEvents {
  onFailure: (failure: Failure, detail: string) => void;
}

/** An engine attached to a video element. */
export interface Engine {
  destroy(): void;
  /** The newest playable position, or null while unknown. */
  liveEdge(): number | null;
  /** True when the player itself is to pace playback (the others do so on their own). */
  readonly paced: boolean;
}

/** Attaches an engine to a video element, at once. */
export type Attach = (video: HTMLVideoElement, sources: PlayerSources, events: EngineEvents) => Engine;

/** Loads an engine; fails when its library cannot be fetched. */
export async function loadEngine(name: EngineName): Promise<Attach> {
  if (name === 'native') return attachNative;
  return name === 'flv' ? (await import('./flv')).attachFlv : (await import('./hls')).attachHls;
}

/** The end of what is buffered, or null with an empty buffer. */
export function bufferedEnd(video: HTMLVideoElement): number | null {
  const { buffered } = video;
  return buffered.length > 0 ? buffered.end(buffered.length - 1) : null;
}

/** Frees the video element of its source. */
export function release(video: HTMLVideoElement): void {
  video.removeAttribute('src');
  video.load();
}

function attachNative(video: HTMLVideoElement, sources: PlayerSources, events: EngineEvents): Engine {
  let triedTs = false;
  const onError = () => {
    const code = video.error?.code ?? 0;
    const unsupported =
      code === MediaError.MEDIA_ERR_DECODE || code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED;
    if (unsupported && sources.ts && !triedTs) {
      // Old phones know HLS with MPEG-TS only.
      triedTs = true;
      video.src = sources.ts;
      void video.play().catch(() => {});
      return;
    }
    events.onFailure(unsupported ? 'media' : 'network', `native ${code}`);
  };
  const onEnded = () => events.onFailure('network', 'native ended');
  video.addEventListener('error', onError);
  video.addEventListener('ended', onEnded);
  video.src = sources.hls;
  return {
    paced: false,
    liveEdge: () => (video.seekable.length > 0 ? video.seekable.end(video.seekable.length - 1) : null),
    destroy: () => {
      video.removeEventListener('error', onError);
      video.removeEventListener('ended', onEnded);
      release(video);
    },
  };
}
