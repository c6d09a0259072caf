// Build of the viewer's pages: /r/{roomId} and /verify/{token}.
import { defineConfig, mergeConfig } from 'vite';
import { appBuild } from '../../app-build.ts';

export default defineConfig(mergeConfig(appBuild('room'), { define: { __VUE_OPTIONS_API__: 'false' } }));
