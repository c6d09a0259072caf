// Whether somebody looks at the page. Browsers give a site without https six lines for all its tabs together: a tab nobody sees must give its own back.
import { onScopeDispose, readonly, ref, type Ref } from 'vue';

/** How long a page stays on the line after it was hidden. */
const PATIENCE_MS = 10_000;

/** False from ten seconds after the page was hidden until it is seen again. */
export function useLookedAt(): Readonly<Ref<boolean>> {
  const lookedAt = ref(true);
  let timer: ReturnType<typeof setTimeout> | undefined;

  function notice(): void {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(() => (lookedAt.value = false), PATIENCE_MS);
    else lookedAt.value = true;
  }

  document.addEventListener('visibilitychange', notice);
  notice();
  onScopeDispose(() => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', notice);
  });
  return readonly(lookedAt);
}
