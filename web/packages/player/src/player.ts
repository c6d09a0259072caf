// A live picture that keeps itself alive: picks an engine, follows the live edge, notices a standstill, tries again.
import {
  capabilities,
  engineOrder,
  nextEngine,
  type EngineName,
  type Failure,
  type PlayerSources,
} from './choose';
import { bufferedEnd, loadEngine, type Attach, type Engine } from './engine';
import {
  FIRST_PICTURE_MS,
  SETTLED_MS,
  STALL_GIVE_UP_MS,
  STALL_HINT_MS,
  StallWatch,
  overHole,
  pace,
  retryDelayMs,
} from './pace';
import { keepStill } from './still';

export type PlayerPhase =
  /** Attached or attaching, no picture yet. */
  | 'connecting'
  /** The picture moves. */
  | 'playing'
  /** The picture stands still; nothing to do yet. */
  | 'stalled'
  /** An attempt ended; the next one comes by itself. */
  | 'waiting'
  /** The browser wants a tap before it plays. */
  | 'blocked'
  /** This browser cannot play live video at all. */
  | 'unsupported';

export interface PlayerState {
  phase: PlayerPhase;
  muted: boolean;
  engine: EngineName | null;
  /** The last picture stands on the `still` canvas, which should cover the video. */
  still: boolean;
  /** Attempts that failed since the picture last moved. */
  failures: number;
  /** Why the last attempt ended, for a log; empty when none has. */
  detail: string;
  /** The picture's size in pixels, 0 until known. */
  width: number;
  height: number;
}

export interface PlayerOptions {
  onState: (state: PlayerState) => void;
  /** Gets the last picture before a source is let go. */
  still?: HTMLCanvasElement;
  /** Tried first when the browser can. */
  prefer?: EngineName;
}

export interface LivePlayer {
  readonly state: PlayerState;
  /** Ends playback and frees the element; the still stays. */
  destroy(): void;
  /** Sound on; call from a tap. */
  unmute(): void;
  mute(): void;
  /** Plays after `blocked`; call from a tap. */
  resume(): void;
  /** Tries at once instead of waiting; goes to the live edge when playing. */
  resync(): void;
  /**
   * While the anchor is away the line is kept and the standing picture is no fault.
   * Let go, the picture gets some seconds to move before a new attempt.
   */
  hold(on: boolean): void;
}

/** Plays a live stream in `video`, muted at first; goes on trying until destroyed. `load` fetches the engines. */
export function createPlayer(
  video: HTMLVideoElement,
  sources: PlayerSources,
  options: PlayerOptions,
  load: (name: EngineName) => Promise<Attach> = loadEngine,
): LivePlayer {
  return new Player(video, sources, options, load);
}

/** Fetches the engine this browser will use, so that a start seen by thousands at once finds it in their caches. */
export async function warmUp(video: HTMLVideoElement): Promise<void> {
  const [first] = engineOrder(capabilities(video));
  if (first) await loadEngine(first);
}

class Player implements LivePlayer {
  state: PlayerState;
  private readonly order: EngineName[];
  private index = 0;
  private failuresOnEngine = 0;
  private engine: Engine | null = null;
  /** Grows with every attempt and at the end: what an older attempt still reports is void. */
  private round = 0;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly watch = new StallWatch(performance.now());
  private readonly ticker: ReturnType<typeof setInterval>;
  private held = false;
  private moved = false;
  private playingSince = 0;
  private hiddenSince = document.hidden ? performance.now() : null;
  private destroyed = false;
  private readonly ends = new AbortController();

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly sources: PlayerSources,
    private readonly options: PlayerOptions,
    private readonly load: (name: EngineName) => Promise<Attach>,
  ) {
    this.order = engineOrder(capabilities(video), options.prefer);
    this.state = {
      phase: 'connecting',
      muted: true,
      engine: null,
      still: false,
      failures: 0,
      detail: '',
      width: 0,
      height: 0,
    };
    video.muted = true;
    this.listen();
    this.ticker = setInterval(() => this.tick(), 1000);
    if (this.order.length === 0) this.set({ phase: 'unsupported' });
    else void this.attempt();
  }

  destroy(): void {
    if (this.destroyed) return;
    this.detach();
    this.destroyed = true;
    this.ends.abort();
    clearInterval(this.ticker);
    clearTimeout(this.retryTimer);
  }

  unmute(): void {
    this.video.muted = false;
    this.video.volume = 1;
    this.set({ muted: false });
    this.play();
  }

  mute(): void {
    this.video.muted = true;
    this.set({ muted: true });
  }

  resume(): void {
    this.watch.reset(performance.now());
    this.play();
    this.toEdge();
  }

  resync(): void {
    if (this.destroyed || this.state.phase === 'unsupported') return;
    if (!this.engine) {
      if (this.state.phase === 'waiting') void this.attempt();
      return;
    }
    this.watch.reset(performance.now());
    this.play();
    this.toEdge();
  }

  hold(on: boolean): void {
    if (on === this.held) return;
    this.held = on;
    this.watch.reset(performance.now());
    if (!on && this.state.phase === 'waiting') {
      this.failuresOnEngine = 0;
      this.set({ failures: 0 });
      void this.attempt();
    }
  }

  private listen(): void {
    const { video } = this;
    const { signal } = this.ends;
    const on = (target: EventTarget, name: string, listener: () => void) =>
      target.addEventListener(name, listener, { signal });
    const size = () => {
      // A source that is let go has no size; its last picture still has.
      if (video.videoWidth > 0) this.set({ width: video.videoWidth, height: video.videoHeight });
    };
    on(video, 'loadedmetadata', size);
    on(video, 'resize', size);
    on(video, 'volumechange', () => this.set({ muted: video.muted }));
    on(video, 'canplay', () => this.play());
    on(video, 'timeupdate', () => this.noticeMovement());
    on(video, 'pause', () => this.noticePause());
    // An iPhone pauses when its full-screen player is closed.
    on(video, 'webkitendfullscreen', () => this.play());
    on(document, 'visibilitychange', () => this.noticeVisibility());
    on(window, 'pageshow', () => this.resync());
    on(window, 'online', () => this.resync());
    // Older WeChat plays without a tap once its own bridge is there.
    on(document, 'WeixinJSBridgeReady', () => this.play());
  }

  private async attempt(): Promise<void> {
    clearTimeout(this.retryTimer);
    const name = this.order[this.index];
    if (this.destroyed || name === undefined) return;
    this.detach();
    const round = this.round;
    this.moved = false;
    this.watch.reset(performance.now());
    this.set({ phase: 'connecting', engine: name });
    const onFailure = (failure: Failure, detail: string) => {
      if (round === this.round) this.fail(failure, detail);
    };
    let attach: Attach;
    try {
      attach = await this.load(name);
    } catch (error) {
      onFailure('network', `${name} ${error instanceof Error ? error.message : 'not loaded'}`);
      return;
    }
    if (round !== this.round) return;
    this.engine = attach(this.video, this.sources, { onFailure });
    this.play();
  }

  private fail(failure: Failure, detail: string): void {
    this.failuresOnEngine += 1;
    const choice = nextEngine(this.order, this.index, failure, this.failuresOnEngine);
    this.detach();
    if (choice && choice.index !== this.index) {
      this.index = choice.index;
      this.failuresOnEngine = 0;
    }
    const failures = this.state.failures + 1;
    this.set({ phase: 'waiting', failures, detail });
    clearTimeout(this.retryTimer);
    // The anchor away: nothing to fetch soon, and `hold(false)` tries at once.
    const delay = retryDelayMs(this.held ? 10 : failures - 1);
    this.retryTimer = setTimeout(() => void this.attempt(), delay);
  }

  private detach(): void {
    this.round += 1;
    if (!this.engine) return;
    const { still } = this.options;
    if (still && this.moved && keepStill(this.video, still)) this.set({ still: true });
    this.engine.destroy();
    this.engine = null;
    this.video.playbackRate = 1;
  }

  private play(): void {
    if (this.destroyed || (!this.engine && this.state.phase !== 'blocked')) return;
    const round = this.round;
    this.video.play().then(
      () => {
        if (round === this.round && this.state.phase === 'blocked') this.set({ phase: 'connecting' });
      },
      (error: unknown) => {
        if (round !== this.round || !(error instanceof DOMException) || error.name !== 'NotAllowedError')
          return;
        if (!this.video.muted) {
          this.mute();
          this.play();
        } else {
          this.set({ phase: 'blocked' });
        }
      },
    );
  }

  private noticeMovement(): void {
    if (!this.engine || this.video.currentTime === 0 || this.video.readyState < 2) return;
    this.moved = true;
    if (this.video.paused || this.state.phase === 'playing') return;
    this.playingSince = performance.now();
    this.set({ phase: 'playing', still: false });
  }

  private noticePause(): void {
    // The phone paused us (a call, headphones pulled); a source being let go pauses too, but has no engine then.
    if (this.engine && !document.hidden && !this.video.ended && this.moved) this.set({ phase: 'blocked' });
  }

  private noticeVisibility(): void {
    if (document.hidden) {
      this.hiddenSince = performance.now();
      return;
    }
    this.hiddenSince = null;
    this.watch.reset(performance.now());
    this.resync();
  }

  private tick(): void {
    const { video, engine } = this;
    const now = performance.now();
    if (document.hidden) {
      // Neither seen nor heard it would only cost; what is heard in a background tab goes on.
      if (
        engine &&
        (video.paused || video.muted) &&
        this.hiddenSince !== null &&
        now - this.hiddenSince > 30_000
      ) {
        this.detach();
        this.set({ phase: 'waiting' });
      }
      return;
    }
    if (!engine || this.state.phase === 'blocked') return;
    const still = this.watch.look(video.currentTime, now);
    if (this.state.phase === 'playing' && now - this.playingSince > SETTLED_MS) this.settle();
    if (!this.held) this.judge(still);
    if (engine.paced && !video.paused) this.keepPace();
  }

  /** Has played a while: older failures no longer count. A picture of a second does not wipe them out. */
  private settle(): void {
    this.failuresOnEngine = 0;
    if (this.state.failures > 0) this.set({ failures: 0 });
  }

  private judge(stillMs: number): void {
    const patience = this.moved ? STALL_GIVE_UP_MS : FIRST_PICTURE_MS;
    if (stillMs >= patience) this.fail('stall', `${this.state.engine} stood still`);
    else if (stillMs >= STALL_HINT_MS && this.state.phase === 'playing') this.set({ phase: 'stalled' });
  }

  private keepPace(): void {
    const { video } = this;
    const ranges = Array.from(
      { length: video.buffered.length },
      (_, at) => [video.buffered.start(at), video.buffered.end(at)] as const,
    );
    const hole = overHole(video.currentTime, ranges);
    if (hole !== null) {
      video.currentTime = hole;
      return;
    }
    const end = bufferedEnd(video);
    if (end === null) return;
    const { rate, seekTo } = pace(video.currentTime, end, video.playbackRate);
    if (seekTo !== null) video.currentTime = seekTo;
    if (video.playbackRate !== rate) video.playbackRate = rate;
  }

  private toEdge(): void {
    const edge = this.engine?.liveEdge() ?? null;
    if (edge === null || !this.moved) return;
    const margin = this.engine?.paced ? 1 : 0;
    if (edge - this.video.currentTime > 3) this.video.currentTime = edge - margin;
  }

  private set(change: Partial<PlayerState>): void {
    if (this.destroyed) return;
    this.state = { ...this.state, ...change };
    this.options.onState(this.state);
  }
}
