// HLS through hls.js: for browsers with Media Source Extensions where FLV did not work.
import Hls from 'hls.js';
import type { PlayerSources } from './choose';
import { type Engine, type EngineEvents, release } from './engine';

/** Attaches HLS; hls.js paces itself and mends what it can. */
export function attachHls(video: HTMLVideoElement, sources: PlayerSources, events: EngineEvents): Engine {
  const hls = new Hls({
    enableWorker: false,
    lowLatencyMode: true,
    liveSyncDurationCount: 2,
    liveMaxLatencyDurationCount: 6,
    maxLiveSyncPlaybackRate: 1.2,
    backBufferLength: 30,
  });
  let mended = false;
  hls.on(Hls.Events.ERROR, (_event, data) => {
    if (!data.fatal) return;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && !mended) {
      mended = true;
      hls.recoverMediaError();
      return;
    }
    const network = data.type === Hls.ErrorTypes.NETWORK_ERROR;
    events.onFailure(network ? 'network' : 'media', `hls ${data.details}`);
  });
  hls.loadSource(new URL(sources.hls, location.href).href);
  hls.attachMedia(video);
  return {
    paced: false,
    liveEdge: () => hls.liveSyncPosition,
    destroy: () => {
      hls.destroy();
      release(video);
    },
  };
}
