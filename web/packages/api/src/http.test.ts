// Calls: what is sent, and how each kind of failure reads.
import { afterEach, expect, test, vi } from 'vitest';
import { ConsoleClient } from './console';
import { ApiError, call, isPassing } from './http';

afterEach(() => vi.unstubAllGlobals());

function answer(status: number, body: string, headers: Record<string, string> = {}): void {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(body, { status, headers })));
}

const failure = (promise: Promise<unknown>): Promise<ApiError> =>
  promise.then(
    () => {
      throw new Error('did not fail');
    },
    (error: unknown) => error as ApiError,
  );

test('field_errors_are_handed_on_with_their_codes', async () => {
  answer(422, '{"error":{"code":"invalid","message":"m","fields":{"startAt":"start_too_soon"}}}');
  const error = await failure(call('/v1/x'));
  expect(error).toMatchObject({ status: 422, code: 'invalid', fields: { startAt: 'start_too_soon' } });
  expect(isPassing(error)).toBe(false);
});

test('a_proxy_page_instead_of_json_is_still_an_error_with_its_status', async () => {
  answer(502, '<html>bad gateway</html>', { 'Retry-After': '3' });
  const error = await failure(call('/v1/x'));
  expect(error).toMatchObject({ status: 502, code: 'http_502', retryAfterMs: 3000 });
  expect(isPassing(error)).toBe(true);
});

test('no_answer_reads_as_offline', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('failed')));
  expect(await failure(call('/v1/x'))).toMatchObject({ status: 0, code: 'offline' });
});

test('changes_carry_the_csrf_token_of_the_session', async () => {
  const sent: [string, string | null][] = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    sent.push([path, new Headers(init.headers).get('X-CSRF-Token')]);
    return Promise.resolve(new Response('{"name":"owner","csrf":"t0ken","apps":[]}'));
  });
  const client = new ConsoleClient();
  await client.logIn('owner', 'password');
  await client.steer('wx1', 5, 'start');
  expect(sent[1]).toEqual(['/v1/apps/wx1/rooms/5/start', 't0ken']);
});

test('a_session_that_ended_is_reported_but_a_wrong_password_is_not', async () => {
  const ended = vi.fn();
  const client = new ConsoleClient(ended);
  answer(401, '{"error":{"code":"bad_credentials","message":"m"}}');
  expect((await failure(client.logIn('a', 'b'))).code).toBe('bad_credentials');
  expect(await client.session()).toBeNull();
  expect(ended).not.toHaveBeenCalled();
  await failure(client.apps());
  expect(ended).toHaveBeenCalledOnce();
});

test('a_log_in_in_another_tab_does_not_break_the_first_one', async () => {
  let csrf = 'old';
  const refused = '{"error":{"code":"csrf_mismatch","message":"m"}}';
  const ended: (string | null)[] = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    if (path === '/v1/session')
      return Promise.resolve(new Response(`{"name":"o","csrf":"${csrf}","apps":[]}`));
    const sent = new Headers(init.headers).get('X-CSRF-Token');
    ended.push(sent);
    return Promise.resolve(sent === csrf ? new Response('{}') : new Response(refused, { status: 403 }));
  });
  const client = new ConsoleClient();
  await client.logIn('o', 'p');
  csrf = 'new';
  await client.steer('wx1', 5, 'end');
  expect(ended).toEqual(['old', 'new']);
});

test('a_token_that_is_refused_although_it_is_current_is_not_sent_again', async () => {
  let changes = 0;
  vi.stubGlobal('fetch', (path: string) => {
    if (path === '/v1/session') return Promise.resolve(new Response('{"name":"o","csrf":"t","apps":[]}'));
    changes += 1;
    return Promise.resolve(new Response('{"error":{"code":"csrf_mismatch","message":"m"}}', { status: 403 }));
  });
  const client = new ConsoleClient();
  await client.logIn('o', 'p');
  expect((await failure(client.steer('wx1', 5, 'end'))).code).toBe('csrf_mismatch');
  expect(changes).toBe(1);
});
