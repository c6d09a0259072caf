// HTTP-FLV through mpegts.js: the least delay where Media Source Extensions are there.
import mpegts from 'mpegts.js';
import type { PlayerSources } from './choose';
import { bufferedEnd, release, type Engine, type EngineEvents } from './engine';
import { StreamLoader } from './streamLoader';

mpegts.LoggingControl.applyConfig({ enableAll: false });

/** Attaches HTTP-FLV; pacing is the player's. No workers: the page's policy allows none. */
export function attachFlv(video: HTMLVideoElement, sources: PlayerSources, events: EngineEvents): Engine {
  const player = mpegts.createPlayer(
    { type: 'flv', isLive: true, url: new URL(sources.flv, location.href).href },
    {
      customLoader: StreamLoader,
      enableWorker: false,
      enableWorkerForMSE: false,
      enableStashBuffer: false,
      lazyLoad: false,
      liveSync: false,
      liveBufferLatencyChasing: false,
      autoCleanupSourceBuffer: true,
      autoCleanupMaxBackwardDuration: 30,
      autoCleanupMinBackwardDuration: 10,
    },
  );
  player.on(mpegts.Events.ERROR, (type: string, detail: string) => {
    events.onFailure(type === mpegts.ErrorTypes.MEDIA_ERROR ? 'media' : 'network', `flv ${detail}`);
  });
  player.on(mpegts.Events.LOADING_COMPLETE, () => events.onFailure('network', 'flv ended'));
  player.attachMediaElement(video);
  player.load();
  return {
    paced: true,
    liveEdge: () => bufferedEnd(video),
    destroy: () => {
      player.destroy();
      release(video);
    },
  };
}
