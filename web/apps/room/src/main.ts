// Entry of the viewer's pages: /r/{roomId} and /verify/{token}.
import '@kaibo/ui/tokens.css';
import './base.css';
import { reloadWhenReplaced } from '@kaibo/ui';
import { createApp, h } from 'vue';
import { createRouter, createWebHistory, RouterView } from 'vue-router';
import { i18n } from './i18n';
import LostPage from './LostPage.vue';
import RoomPage from './room/RoomPage.vue';

reloadWhenReplaced();
const router = createRouter({
  history: createWebHistory('/'),
  routes: [
    { path: '/r/:roomId', component: RoomPage, props: (route) => ({ roomId: route.params['roomId'] }) },
    {
      path: '/verify/:token',
      component: () => import('./verify/VerifyPage.vue'),
      props: (route) => ({ token: route.params['token'] }),
    },
    { path: '/:rest(.*)*', component: LostPage },
  ],
});

createApp({ render: () => h(RouterView) })
  .use(router)
  .use(i18n)
  .mount('#app');
