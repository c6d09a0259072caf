// Build of the anchor's page at /a/{code}.
import { defineConfig, mergeConfig } from 'vite';
import { appBuild } from '../../app-build';

export default defineConfig(mergeConfig(appBuild('studio'), { define: { __VUE_OPTIONS_API__: 'false' } }));
