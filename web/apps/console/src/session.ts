// Who is logged in, the client all pages use, and the way back after a session ended.
import { readonly, shallowRef, watch } from 'vue';
import type { Router } from 'vue-router';
import { ConsoleClient, type Session } from '@kaibo/api';

const current = shallowRef<Session | null>(null);
let asked = false;

/** The console's line to the server; a 401 anywhere ends the session here too. */
export const client = new ConsoleClient(() => {
  current.value = null;
});

/** The open session, or null. */
export const session = readonly(current);

/** The session of the cookie; asks the server once, later answers from memory. */
export async function findSession(): Promise<Session | null> {
  if (!asked) {
    current.value = await client.session();
    asked = true;
  }
  return current.value;
}

/** Takes over a session that was just opened. */
export function openSession(opened: Session): void {
  asked = true;
  current.value = opened;
}

/** Asks the server anew what the session may do. */
export async function renewSession(): Promise<void> {
  const found = await client.session();
  if (found) current.value = found;
}

/** Adds a new app to the session's list, which the server sends only at log-in. */
export function addApp(app: { appid: string; name: string }): void {
  if (current.value) current.value = { ...current.value, apps: [...current.value.apps, app] };
}

/** Ends the session on the server and here. */
export async function closeSession(): Promise<void> {
  await client.logOut();
  current.value = null;
}

/** Leads to the log-in page when the session ends, and remembers where the reader was. */
export function watchSession(router: Router): void {
  watch(current, (now, before) => {
    const { meta, fullPath } = router.currentRoute.value;
    if (now === null && before !== null && !meta['open']) {
      void router.push({ name: 'login', query: { back: fullPath } });
    }
  });
}

const LAST_APP = 'kaibo.console.app';

/** The app to open first: the one used last, else the first of the list. */
export function preferredApp(apps: readonly { appid: string }[]): string | null {
  const last = readLastApp();
  return apps.find(({ appid }) => appid === last)?.appid ?? apps[0]?.appid ?? null;
}

function readLastApp(): string | null {
  try {
    return localStorage.getItem(LAST_APP);
  } catch {
    return null;
  }
}

/** Remembers the app that is in use; a browser that stores nothing simply forgets. */
export function rememberApp(appid: string): void {
  try {
    localStorage.setItem(LAST_APP, appid);
  } catch {
    // Private mode of some browsers.
  }
}
