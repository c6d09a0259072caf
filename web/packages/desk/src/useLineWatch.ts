// Whether the line to the server is down long enough to say so, and that it came back.
import type { LineState } from '@kaibo/api';
import { onScopeDispose, readonly, ref, type Ref } from 'vue';

/** A line that mends itself this fast is not worth a word. */
const BLINK_MS = 2000;

/** `note` takes every state of the line; `down` stays true through the tries until one succeeds. */
export interface LineWatch {
  down: Readonly<Ref<boolean>>;
  note: (state: LineState) => void;
}

/** Watches a line while the calling scope lives; `onBack` is called when it is open again after a break. */
export function useLineWatch(onBack: () => void = () => {}): LineWatch {
  const down = ref(false);
  let broken = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function calm(): void {
    clearTimeout(timer);
    broken = false;
    down.value = false;
  }

  function note(state: LineState): void {
    if (state === 'waiting' && !broken) {
      broken = true;
      timer = setTimeout(() => (down.value = true), BLINK_MS);
    }
    if (state === 'closed') calm();
    if (state === 'open' && broken) {
      calm();
      onBack();
    }
  }

  onScopeDispose(() => clearTimeout(timer));
  return { down: readonly(down), note };
}
