// Which of the two languages a page speaks: `?lang=`, else the browser's, else Chinese.

export const LOCALES = ['zh-CN', 'en'] as const;
export type Locale = (typeof LOCALES)[number];

/** The page's language; English only for those who ask for it. */
export function pickLocale(search: string, browserLanguage: string | undefined): Locale {
  const asked = new URLSearchParams(search).get('lang') ?? browserLanguage ?? '';
  return asked.toLowerCase().startsWith('en') ? 'en' : 'zh-CN';
}

/** `pickLocale` for the page that is open; also tells the document. */
export function pageLocale(): Locale {
  const locale = pickLocale(location.search, navigator.language);
  document.documentElement.lang = locale;
  return locale;
}
