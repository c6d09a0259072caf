// A clock that ticks for a component: each second, on the second, and only while the component lives.
import { onScopeDispose, readonly, ref, type Ref } from 'vue';

/** The server's time in milliseconds; `skew` is how far it is ahead of this device. */
export function useNow(skew: () => number = () => 0): Readonly<Ref<number>> {
  const read = () => Date.now() + skew();
  const now = ref(read());
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tick = () => {
    now.value = read();
    // 20 ms past the second, so that a timer fired a little early does not show the old second.
    timer = setTimeout(tick, 1020 - (now.value % 1000));
  };
  tick();
  onScopeDispose(() => clearTimeout(timer));
  return readonly(now);
}
