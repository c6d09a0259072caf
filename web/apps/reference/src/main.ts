// Starts the reference of /v1.
import { createApp } from 'vue';
import { createI18n } from 'vue-i18n';
// One by one: the whole of the desk would bring its players along.
import { deskMessages } from '@kaibo/desk/messages';
import { pageLocale, reloadWhenReplaced } from '@kaibo/ui';
import '@kaibo/ui/tokens.css';
import '@kaibo/desk/desk.css';
import './reference.css';
import ReferencePage from './ReferencePage.vue';
import { en } from './text/en';
import { zh } from './text/zh';

reloadWhenReplaced();
const i18n = createI18n({
  legacy: false,
  locale: pageLocale(),
  messages: {
    'zh-CN': { desk: deskMessages['zh-CN'], ...zh },
    en: { desk: deskMessages.en, ...en },
  },
});
document.title = i18n.global.t('title');
createApp(ReferencePage).use(i18n).mount('#app');
