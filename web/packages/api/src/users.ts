// Who uses the console, the links with which they choose a password, and the second factor.
import { call } from './http';
import type { SessionClient } from './session';
import type { Session, UserRole } from './types';

/** A user in the owner's list. */
export interface User {
  id: number;
  name: string;
  role: UserRole;
  /** Appids that an operator sees; an owner sees all. */
  apps: string[];
  state: 'invited' | 'active' | 'disabled';
  linkExpiresAt: number | null;
  twoFactor: boolean;
  createdAt: number;
  oneself: boolean;
}

export interface UserLink {
  id: number;
  url: string;
  expiresAt: number;
}

/** What a link is for. */
export interface Invitation {
  name: string;
  role: UserRole;
  apps: string[];
  expiresAt: number;
}

export interface TwoFactor {
  on: boolean;
  recoveryCodes: number;
  demanded: boolean;
}

export interface UserForm {
  role: UserRole;
  apps: string[];
  disabled?: boolean;
}

const bearer = (token: string) => ({ Authorization: `Invite ${encodeURIComponent(token)}` });

/** ApiError 404 `link_closed`. */
export function getInvitation(token: string): Promise<Invitation> {
  return call('/v1/user-link', { headers: bearer(token) });
}

/** Users, for owners. */
export class Users {
  constructor(private readonly client: SessionClient) {}

  list(): Promise<User[]> {
    return this.client.send('/v1/users');
  }

  /** ApiError 422 on `name`, `role`, `apps`. */
  invite(name: string, form: UserForm): Promise<UserLink> {
    return this.client.change('/v1/users', 'POST', { name, ...form });
  }

  /** ApiError 409 `last_owner` or `not_oneself`. */
  change(id: number, form: UserForm): Promise<void> {
    return this.client.change(`/v1/users/${id}`, 'PUT', form);
  }

  remove(id: number): Promise<void> {
    return this.client.change(`/v1/users/${id}`, 'DELETE');
  }

  reset(id: number): Promise<UserLink> {
    return this.client.change(`/v1/users/${id}/link`, 'POST');
  }

  resetTwoFactor(id: number): Promise<void> {
    return this.client.change(`/v1/users/${id}/two-factor`, 'DELETE');
  }

  policy(): Promise<{ twoFactorDemanded: boolean }> {
    return this.client.send('/v1/user-policy');
  }

  /** ApiError 409 `two_factor_off`: one's own is off. */
  demand(twoFactorDemanded: boolean): Promise<void> {
    return this.client.change('/v1/user-policy', 'PUT', { twoFactorDemanded });
  }
}

/** One's own account. */
export class Account {
  constructor(private readonly client: SessionClient) {}

  /** Chooses a password by a link. null: the user has a second factor, and logs in with it. */
  async join(token: string, password: string): Promise<Session | null> {
    const body = { password };
    const joined = call<Session | null>('/v1/user-link', { method: 'POST', body, headers: bearer(token) });
    return (await joined) ? this.client.session() : null;
  }

  twoFactor(): Promise<TwoFactor> {
    return this.client.send('/v1/session/two-factor');
  }

  /** ApiError 422 on `password`. */
  begin(password: string): Promise<{ secret: string; url: string }> {
    return this.client.change('/v1/session/two-factor', 'POST', { password });
  }

  /** ApiError 422 on `code`. */
  turnOn(code: string): Promise<{ recoveryCodes: string[] }> {
    return this.client.change('/v1/session/two-factor/on', 'POST', { code });
  }

  turnOff(code: string): Promise<void> {
    return this.client.change('/v1/session/two-factor/off', 'POST', { code });
  }
}
