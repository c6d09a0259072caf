// How every app is built: to dist/<app>/, hashed files addressed as /assets/<app>/…, nothing inline (strict CSP).
import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import type { UserConfig } from 'vite';

/** The Vite settings of the app in `apps/<name>`; `devProxy` paths go to a server on KAIBO_DEV_SERVER. */
export function appBuild(name: string): UserConfig {
  const server = process.env['KAIBO_DEV_SERVER'] ?? 'http://127.0.0.1:8080';
  return {
    root: fileURLToPath(new URL(`./apps/${name}`, import.meta.url)),
    base: `/assets/${name}/`,
    plugins: [vue()],
    define: {
      __VUE_I18N_FULL_INSTALL__: 'false',
      __VUE_I18N_LEGACY_API__: 'false',
      __INTLIFY_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
    build: {
      outDir: fileURLToPath(new URL(`./dist/${name}`, import.meta.url)),
      emptyOutDir: true,
      assetsDir: '',
      target: ['es2020', 'safari14', 'chrome87'],
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      chunkSizeWarningLimit: 1500,
    },
    server: {
      proxy: Object.fromEntries(['/v1', '/live', '/media', '/docs'].map((path) => [path, server])),
    },
  };
}
