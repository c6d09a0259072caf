// Starts the anchor's page with the code of its address.
import { createApp } from 'vue';
import { createI18n } from 'vue-i18n';
import { setLanguage } from '@kaibo/api';
import { deskMessages } from '@kaibo/desk';
import { pageLocale, reloadWhenReplaced, uiMessages } from '@kaibo/ui';
import '@kaibo/ui/tokens.css';
import '@kaibo/desk/desk.css';
import StudioPage from './StudioPage.vue';
import { studioMessages } from './messages';

reloadWhenReplaced();
const locale = pageLocale();
setLanguage(locale);
const i18n = createI18n({
  legacy: false,
  locale,
  messages: {
    'zh-CN': { ...uiMessages['zh-CN'], desk: deskMessages['zh-CN'], ...studioMessages['zh-CN'] },
    en: { ...uiMessages.en, desk: deskMessages.en, ...studioMessages.en },
  },
});

createApp(StudioPage).use(i18n).mount('#app');
