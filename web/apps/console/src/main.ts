// Starts the console.
import { createApp } from 'vue';
import { createI18n } from 'vue-i18n';
import { setLanguage } from '@kaibo/api';
import { deskMessages } from '@kaibo/desk';
import { pageLocale, reloadWhenReplaced, uiMessages } from '@kaibo/ui';
import 'tdesign-vue-next/es/style/index.css';
import '@kaibo/ui/tokens.css';
import '@kaibo/desk/desk.css';
import './theme.css';
import App from './App.vue';
import { makeRouter } from './router';
import { watchSession } from './session';
import { en } from './text/en';
import { zh } from './text/zh';

reloadWhenReplaced();
const locale = pageLocale();
setLanguage(locale);
const i18n = createI18n({
  legacy: false,
  locale,
  messages: {
    'zh-CN': { ...uiMessages['zh-CN'], desk: deskMessages['zh-CN'], ...zh },
    en: { ...uiMessages.en, desk: deskMessages.en, ...en },
  },
});

const router = makeRouter();
watchSession(router);
createApp(App).use(i18n).use(router).mount('#app');
