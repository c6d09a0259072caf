// Facts and lacks of admission in the reader's words.
import { useI18n } from 'vue-i18n';
import type { Condition, Fact } from '@kaibo/api';
import { useNow } from '@kaibo/ui';
import { ageInDays, dayOf, lackBy } from './rules/admission';

/** What is known, how old it is, and what is missing. */
export function useFactWords() {
  const { t, locale } = useI18n();
  const now = useNow();
  const number = (value: number) => value.toLocaleString(locale.value);

  function valueWords({ kind, value }: Fact): string {
    if (kind === 'subject') return t(`admission.values.${value === 0 ? 'person' : 'company'}`);
    if (kind === 'violation') return t(`admission.values.${value === 0 ? 'noViolation' : 'violation'}`);
    return t(`admission.values.${kind}`, { n: number(kind === 'adSpend' ? value / 100 : value) });
  }

  function agedWords({ date, source }: Fact): string {
    const days = ageInDays(date, dayOf(now.value));
    const age = days === 0 ? t('admission.today') : t('admission.daysAgo', { n: days });
    return t('admission.aged', { date, age, source: t(`admission.sources.${source}`) });
  }

  function lackWords({ kind, lack }: Condition): string | null {
    if (!lack) return null;
    const by = lackBy(lack, kind);
    if (lack.kind === 'tooFew') {
      const own = kind === 'followers' || kind === 'activeUsers' || kind === 'adSpend' ? kind : 'other';
      return t(`admission.lack.tooFew.${own}`, { by: number(Number(by)) });
    }
    const key = lack.kind === 'tooOld' && kind === 'payment' ? 'paymentTooOld' : lack.kind;
    return t(`admission.lack.${key}`, { by, from: lack.from ?? '' });
  }

  return { number, now, valueWords, agedWords, lackWords };
}
