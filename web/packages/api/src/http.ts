// One call to the server: JSON in, JSON out, every failure an ApiError.

/** How a call differs from a plain GET. */
export interface CallOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  headers?: Record<string, string>;
  /** Sent as JSON, or as it is when it is a FormData. */
  body?: unknown;
  signal?: AbortSignal;
}

/**
 * The server's answer to a call it did not carry out, or the network's.
 * `status` 0 and code `offline`: nothing came back. `fields` maps form fields to their codes (422).
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: Record<string, string> = {},
    readonly retryAfterMs: number | null = null,
    /** What somebody else's server did, where the error is about that. */
    readonly detail: string | null = null,
  ) {
    super(message);
  }
}

/** True when trying the same call again later may help: no network, server busy or starting. */
export function isPassing(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status === 0 || error.status === 429 || error.status >= 500;
}

/** The language answers are asked in; set once by the app. */
let language = 'zh-CN';

/** Sets the language of the server's messages (`Accept-Language`). */
export function setLanguage(tag: string): void {
  language = tag;
}

/** Headers every call carries. */
export function commonHeaders(): Record<string, string> {
  return { 'Accept-Language': language };
}

const DEFAULT_TIMEOUT_MS = 15_000;

/** Runs one call; throws ApiError, or the abort's own error when `signal` was used. */
export async function call<T>(path: string, options: CallOptions = {}): Promise<T> {
  const headers: Record<string, string> = {
    ...commonHeaders(),
    Accept: 'application/json',
    ...options.headers,
  };
  const init: RequestInit = {
    method: options.method ?? 'GET',
    headers,
    credentials: 'same-origin',
    cache: 'no-store',
  };
  if (options.body instanceof FormData) {
    init.body = options.body;
  } else if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(options.body);
  }
  return exchange<T>(path, init, options.signal);
}

async function exchange<T>(path: string, init: RequestInit, signal: AbortSignal | undefined): Promise<T> {
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort);
  const timer = setTimeout(
    () => controller.abort(),
    init.body instanceof FormData ? 4 * DEFAULT_TIMEOUT_MS : DEFAULT_TIMEOUT_MS,
  );
  try {
    const response = await fetch(path, { ...init, signal: controller.signal });
    const text = await response.text();
    if (!response.ok) throw refusalOf(response, text);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  } catch (error) {
    if (error instanceof ApiError || signal?.aborted) throw error;
    throw new ApiError(0, 'offline', 'offline');
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Reads the error body of a refused call; a body that is not ours still gives an error with the status. */
export function refusalOf(response: Response, text: string): ApiError {
  let error: Record<string, unknown> = {};
  try {
    const body = JSON.parse(text) as { error?: Record<string, unknown> };
    error = body.error ?? {};
  } catch {
    // A proxy's own page: the status says enough.
  }
  const fields: Record<string, string> = { ...(error['fields'] as Record<string, string> | undefined) };
  const code = typeof error['code'] === 'string' ? error['code'] : `http_${response.status}`;
  if (typeof error['field'] === 'string' && !(error['field'] in fields)) fields[error['field']] = code;
  const message = typeof error['message'] === 'string' ? error['message'] : `HTTP ${response.status}`;
  const detail = typeof error['detail'] === 'string' ? error['detail'] : null;
  const wait = retryAfter(response, error['retryAfterMs']);
  return new ApiError(response.status, code, message, fields, wait, detail);
}

function retryAfter(response: Response, inBody: unknown): number | null {
  if (typeof inBody === 'number') return inBody;
  const seconds = Number(response.headers.get('Retry-After') ?? NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : null;
}
