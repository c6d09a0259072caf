// The words of the viewer's pages, in the language picked for this visit.
import { setLanguage } from '@kaibo/api';
import { pageLocale } from '@kaibo/ui';
import { createI18n } from 'vue-i18n';
import { en } from './text/en';
import { zh } from './text/zh';

export const locale = pageLocale();
setLanguage(locale);

export const i18n = createI18n({
  legacy: false,
  locale,
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zh, en },
});
