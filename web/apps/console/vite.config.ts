// Build of the console at /console/.
import { defineConfig, mergeConfig } from 'vite';
import { appBuild } from '../../app-build';

// TDesign's components are written with the options API.
export default defineConfig(mergeConfig(appBuild('console'), { define: { __VUE_OPTIONS_API__: 'true' } }));
