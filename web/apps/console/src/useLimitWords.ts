// The limits in force, in the reader's language.
import { computed, type ComputedRef } from 'vue';
import { useI18n } from 'vue-i18n';
import type { Limits } from '@kaibo/api';
import { limitWords } from './rules/limitWords';

/** Values for the texts of `form` and `rule` that name limits. */
export function useLimitWords(limits: () => Limits): ComputedRef<Record<string, string | number>> {
  const { t } = useI18n();
  return computed(() => limitWords(limits(), ({ key, values }) => t(`form.${key}`, values)));
}
