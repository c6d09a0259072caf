// The player of a room page: made when there is something to watch, told when the anchor is away.
import { RoomStatus, type PlaySources, type RoomView } from '@kaibo/api';
import { createPlayer, warmUp, type EngineName, type LivePlayer, type PlayerState } from '@kaibo/player';
import { computed, onScopeDispose, shallowRef, watch, type Ref, type ShallowRef } from 'vue';

export interface LivePicture {
  /** The player's state, or null while there is no player. */
  state: Readonly<ShallowRef<PlayerState | null>>;
  unmute: () => void;
  mute: () => void;
  resume: () => void;
  resync: () => void;
}

/** `?engine=flv|hls|native` tries that one first: for support, and for tests. */
function preferredEngine(): EngineName | undefined {
  const asked = new URLSearchParams(location.search).get('engine');
  return asked === 'flv' || asked === 'hls' || asked === 'native' ? asked : undefined;
}

/** Plays the room in `video` whenever its view gives addresses. */
export function useLivePicture(
  room: Readonly<ShallowRef<RoomView | null>>,
  video: Readonly<Ref<HTMLVideoElement | null>>,
  still: Readonly<Ref<HTMLCanvasElement | null>>,
): LivePicture {
  const state = shallowRef<PlayerState | null>(null);
  let player: LivePlayer | null = null;
  let soundOn = false;
  const key = computed(() => {
    const play: PlaySources | null = room.value?.play ?? null;
    return play ? JSON.stringify([play.flv, play.hls, play.ts]) : '';
  });

  const stop = () => {
    player?.destroy();
    player = null;
    state.value = null;
  };
  const start = () => {
    stop();
    const play = room.value?.play;
    if (!play || !video.value) return;
    player = createPlayer(video.value, play, {
      still: still.value ?? undefined,
      prefer: preferredEngine(),
      onState: (next) => (state.value = next),
    });
    state.value = player.state;
    // Whoever had the sound on before a pause has it on after.
    if (soundOn) player.unmute();
    player.hold(room.value?.status === RoomStatus.Lost);
  };

  watch([key, video], start, { flush: 'post' });
  watch(
    () => room.value?.status,
    (status) => player?.hold(status === RoomStatus.Lost),
    { flush: 'post' },
  );
  // Somewhere in the first half minute of waiting: a whole audience must not fetch the player in one second.
  const warming = setTimeout(
    () => {
      if (!player && video.value && room.value?.status === RoomStatus.NotStarted)
        warmUp(video.value).catch(() => {
          // Only a head start was lost: it is fetched again when the picture is there.
        });
    },
    2000 + Math.random() * 28_000,
  );
  onScopeDispose(() => {
    clearTimeout(warming);
    stop();
  });
  return {
    state,
    unmute: () => {
      soundOn = true;
      player?.unmute();
    },
    mute: () => {
      soundOn = false;
      player?.mute();
    },
    resume: () => player?.resume(),
    resync: () => player?.resync(),
  };
}
