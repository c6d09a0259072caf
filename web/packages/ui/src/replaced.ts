// A page that stayed open while the server was replaced: its later parts are no longer there.

const LAST = 'kaibo.reloaded';
/** A page that was loaded anew this recently has another trouble. */
const ONCE_MS = 60_000;

/** Loads the page anew when a part of it cannot be fetched although the server answers. */
export function reloadWhenReplaced(reload: () => void = () => location.reload()): void {
  window.addEventListener('vite:preloadError', () => void lookForNewPage(reload));
}

async function lookForNewPage(reload: () => void): Promise<void> {
  try {
    const last = Number(sessionStorage.getItem(LAST) ?? 0);
    if (Date.now() - last < ONCE_MS) return;
    // Without a network a reload would lose what is still on the screen.
    if (!(await fetch(location.href, { cache: 'no-store' })).ok) return;
    sessionStorage.setItem(LAST, String(Date.now()));
    reload();
  } catch {
    // No network, or a browser that keeps nothing and so could not stop a loop.
  }
}
