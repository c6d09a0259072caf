// The console's session: by cookie, every change with the session's CSRF token.
import { ApiError, call, type CallOptions } from './http';
import type { OpenSession, Session } from './types';

/** Remembers the CSRF token of the session it opened or found. */
export class SessionClient {
  private csrf = '';

  /** `onUnauthorized` is told of every 401 except a failed log-in: the session is over. */
  constructor(protected readonly onUnauthorized: () => void = () => {}) {}

  /** Whether the set-up link is still open; ApiError 404 when it is not. */
  checkSetup(token: string): Promise<{ open: true }> {
    return call('/v1/setup', { headers: { Authorization: `Setup ${encodeURIComponent(token)}` } });
  }

  /** Makes the owner and logs in. */
  setUp(token: string, name: string, password: string): Promise<Session> {
    return this.opened(call('/v1/setup', { method: 'POST', body: { token, name, password } }));
  }

  /** ApiError `bad_credentials`, `code_needed`, `code_wrong` (401), `too_many_tries` (429, with `retryAfterMs`). */
  logIn(name: string, password: string, code?: string): Promise<Session> {
    return this.opened(call('/v1/session', { method: 'POST', body: { name, password, code } }));
  }

  /** The session of the cookie, or null when there is none. */
  async session(): Promise<Session | null> {
    try {
      return await this.opened(call('/v1/session'));
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  }

  async logOut(): Promise<void> {
    await this.change('/v1/session', 'DELETE');
    this.csrf = '';
  }

  /** The user's sessions, the latest first. */
  sessions(): Promise<OpenSession[]> {
    return this.send('/v1/sessions');
  }

  endSession(id: string): Promise<void> {
    return this.change(`/v1/sessions/${encodeURIComponent(id)}`, 'DELETE');
  }

  /** Changes something. */
  async change<T>(path: string, method: 'POST' | 'PUT' | 'DELETE', body?: unknown): Promise<T> {
    const attempt = () => this.send<T>(path, { method, body, headers: { 'X-CSRF-Token': this.csrf } });
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'csrf_mismatch') throw error;
      // Another tab has logged in anew: the cookie is of the new session, the token of the old one.
      const before = this.csrf;
      await this.session();
      if (this.csrf === before) throw error;
      return attempt();
    }
  }

  /** Asks for something. */
  async send<T>(path: string, options: CallOptions = {}): Promise<T> {
    try {
      return await call<T>(path, options);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.onUnauthorized();
      throw error;
    }
  }

  private async opened(session: Promise<Session>): Promise<Session> {
    const opened = await session;
    this.csrf = opened.csrf;
    return opened;
  }
}
