// Build of the reference of /v1 at /docs/api.
import { defineConfig, mergeConfig } from 'vite';
import { appBuild } from '../../app-build.ts';

export default defineConfig(mergeConfig(appBuild('reference'), { define: { __VUE_OPTIONS_API__: 'false' } }));
