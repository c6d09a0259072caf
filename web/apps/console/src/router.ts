// The console's addresses. Pages marked `open` need no session.
import {
  createRouter,
  createWebHistory,
  type RouteLocationNormalized,
  type RouteRecordRaw,
  type Router,
} from 'vue-router';
import { findSession, preferredApp, rememberApp } from './session';
import LoginPage from './pages/LoginPage.vue';

/** The router under /console/. */
export function makeRouter(): Router {
  const router = createRouter({
    history: createWebHistory('/console/'),
    routes: [
      {
        path: '/setup',
        name: 'setup',
        component: () => import('./pages/SetupPage.vue'),
        meta: { open: true },
      },
      {
        path: '/invitation',
        name: 'invitation',
        component: () => import('./pages/InvitationPage.vue'),
        meta: { open: true },
      },
      { path: '/login', name: 'login', component: LoginPage, meta: { open: true } },
      { path: '/apps/new', name: 'app-new', component: () => import('./pages/NewAppPage.vue') },
      {
        path: '/apps/:appid',
        component: () => import('./parts/AppFrame.vue'),
        props: true,
        children: [
          { path: '', redirect: (to) => ({ name: 'rooms', params: to.params }) },
          {
            path: 'rooms',
            name: 'rooms',
            meta: { section: 'rooms' },
            component: () => import('./pages/RoomListPage.vue'),
            props: true,
          },
          {
            path: 'rooms/new',
            name: 'room-new',
            meta: { section: 'rooms' },
            component: () => import('./pages/RoomFormPage.vue'),
            props: true,
          },
          {
            path: 'rooms/:roomId(\\d+)',
            name: 'room',
            meta: { section: 'rooms' },
            component: () => import('./pages/RoomDeskPage.vue'),
            props: roomProps,
          },
          {
            path: 'rooms/:roomId(\\d+)/edit',
            name: 'room-edit',
            meta: { section: 'rooms' },
            component: () => import('./pages/RoomFormPage.vue'),
            props: roomProps,
          },
          {
            path: 'goods',
            name: 'goods',
            meta: { section: 'goods' },
            component: () => import('./pages/GoodsPage.vue'),
            props: true,
          },
          {
            path: 'goods/new',
            name: 'goods-new',
            meta: { section: 'goods' },
            component: () => import('./pages/GoodsFormPage.vue'),
            props: (route) => ({ appid: route.params['appid'] }),
          },
          {
            path: 'goods/:goodsId(\\d+)/edit',
            name: 'goods-edit',
            meta: { section: 'goods' },
            component: () => import('./pages/GoodsFormPage.vue'),
            props: (route) => ({
              appid: route.params['appid'],
              goodsId: Number(route.params['goodsId']),
            }),
          },
          {
            path: 'anchors',
            name: 'anchors',
            meta: { section: 'anchors' },
            component: () => import('./pages/AnchorsPage.vue'),
            props: true,
          },
          {
            path: 'people',
            name: 'people',
            meta: { section: 'people' },
            component: () => import('./pages/PeoplePage.vue'),
            props: true,
          },
          {
            path: 'subscriptions',
            name: 'subscriptions',
            meta: { section: 'subscriptions' },
            component: () => import('./pages/SubscriptionsPage.vue'),
            props: true,
          },
          {
            path: 'api',
            component: () => import('./parts/ApiFrame.vue'),
            meta: { section: 'api' },
            props: true,
            children: apiPages(),
          },
          {
            path: 'settings',
            name: 'settings',
            meta: { section: 'settings' },
            component: () => import('./pages/SettingsPage.vue'),
            props: true,
          },
          {
            path: 'users',
            name: 'users',
            meta: { section: 'users' },
            component: () => import('./pages/UsersPage.vue'),
          },
          {
            path: 'account',
            name: 'account',
            meta: { section: 'account' },
            component: () => import('./pages/AccountPage.vue'),
          },
          {
            path: 'help',
            name: 'help',
            meta: { section: 'help' },
            component: () => import('./pages/HelpPage.vue'),
            props: true,
          },
        ],
      },
      { path: '/', name: 'home', component: LoginPage },
      {
        path: '/:rest(.*)*',
        name: 'unknown',
        component: () => import('./pages/UnknownPage.vue'),
        meta: { open: true },
      },
    ],
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  });
  router.beforeEach(admit);
  router.afterEach((to) => {
    if (typeof to.params['appid'] === 'string') rememberApp(to.params['appid']);
  });
  return router;
}

// Each beside the others, under the tabs of their frame.
function apiPages(): RouteRecordRaw[] {
  const pages = {
    calls: () => import('./pages/CallsPage.vue'),
    quota: () => import('./pages/QuotaPage.vue'),
    door: () => import('./pages/DoorPage.vue'),
    admission: () => import('./pages/AdmissionPage.vue'),
    push: () => import('./pages/PushPage.vue'),
  };
  const each = Object.entries(pages).map(([name, component]) => ({
    path: name,
    name,
    component,
    props: true,
  }));
  return [{ path: '', name: 'api', redirect: (to) => ({ name: 'calls', params: to.params }) }, ...each];
}

function roomProps(route: RouteLocationNormalized) {
  return { appid: String(route.params['appid']), roomId: Number(route.params['roomId']) };
}

// Sends strangers to the log-in page, and everybody from the entrance to the app they used last.
async function admit(to: RouteLocationNormalized) {
  if (to.meta['open']) return true;
  let session;
  try {
    session = await findSession();
  } catch {
    // The log-in page tells that the server cannot be reached, and tries again.
    return { name: 'login', query: { back: to.fullPath } };
  }
  if (!session) return { name: 'login', query: to.name === 'home' ? {} : { back: to.fullPath } };
  const appid = preferredApp(session.apps);
  // Nothing else opens until the second factor is on.
  if (session.mustEnrol && to.name !== 'account' && appid !== null)
    return { name: 'account', params: { appid } };
  if (to.name !== 'home') return true;
  return appid === null ? { name: 'app-new' } : { name: 'rooms', params: { appid } };
}

/** The address to go to after logging in: only paths of this console, never another site. */
export function wayBack(back: unknown): string {
  return typeof back === 'string' && /^\/(?![/\\])/.test(back) ? back : '/';
}
