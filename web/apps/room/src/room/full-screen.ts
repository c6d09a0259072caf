// Full screen for the stage, or for the video alone on phones that know no other.
import { onScopeDispose, ref, type Ref } from 'vue';

/** An iPhone's own way. */
interface AppleVideo extends HTMLVideoElement {
  webkitEnterFullscreen?: () => void;
}

export interface FullScreen {
  on: Readonly<Ref<boolean>>;
  toggle: () => void;
}

/** Full screen of `stage`, else of `video`. */
export function useFullScreen(
  stage: Readonly<Ref<HTMLElement | null>>,
  video: Readonly<Ref<HTMLVideoElement | null>>,
): FullScreen {
  const on = ref(false);
  const notice = () => (on.value = document.fullscreenElement !== null);
  document.addEventListener('fullscreenchange', notice);
  onScopeDispose(() => document.removeEventListener('fullscreenchange', notice));
  const toggle = () => {
    if (document.fullscreenElement) {
      void document.exitFullscreen();
    } else if (stage.value && typeof stage.value.requestFullscreen === 'function') {
      stage.value.requestFullscreen().catch(() => {
        // The page may be embedded where it is not allowed; watching goes on as it is.
      });
    } else {
      (video.value as AppleVideo | null)?.webkitEnterFullscreen?.();
    }
  };
  return { on, toggle };
}
