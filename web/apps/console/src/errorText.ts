// What the console says when a call did not work.
import { ApiError } from '@kaibo/api';
import { useI18n } from 'vue-i18n';
import { sayFailed } from './notice';

/** Says an error in the reader's language: our words for codes we know, the server's for the rest. */
export function useErrorText() {
  const { t, te } = useI18n();

  function errorText(error: unknown): string {
    if (!(error instanceof ApiError)) return t('error.bug');
    const key = `error.${error.code}`;
    if (te(key)) {
      return t(key, { seconds: Math.ceil((error.retryAfterMs ?? 0) / 1000) });
    }
    // A code of our own making means that a proxy answered, whose words are not for the reader.
    return error.status >= 500 || error.code.startsWith('http_') ? t('error.server') : error.message;
  }

  /** Shows the error for some seconds; a session that ended shows itself. */
  function showError(error: unknown): void {
    if (error instanceof ApiError && error.status === 401) return;
    if (!(error instanceof ApiError)) console.error(error);
    sayFailed(errorText(error));
  }

  return { errorText, showError };
}
