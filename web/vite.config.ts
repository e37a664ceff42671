import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const api = process.env['NACELLE_URL'] ?? 'https://localhost:5870'

// What an appliance serves beside the pages, for `npm run web:dev`.
const served = ['/api/v1', '/events', '/monitor_channels', '/readyz', '/healthz', '/api-docs', '/docs']

/** The name must be a default export: vite loads it so. */
const config = defineConfig({
  root: import.meta.dirname,
  base: '/ui/',
  plugins: [react()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2023',
    // The policy of the pages forbids data: for fonts, and small files are cached for ever as well.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      output: {
        // Few requests before anything is seen, and what seldom changes is not fetched again with every new version. What
        // only some pages need is tagged otherwise, and stays with these.
        codeSplitting: {
          groups: [
            {
              name: 'react',
              tags: ['$initial'],
              test: /node_modules\/(react|react-dom|scheduler|@tanstack)\//,
              priority: 3,
            },
            { name: 'patternfly', tags: ['$initial'], test: /node_modules\/@patternfly\//, priority: 2 },
            { name: 'libraries', tags: ['$initial'], test: /node_modules\//, priority: 1 },
            { name: 'frame', tags: ['$initial'], test: /\/web\/src\// },
          ],
        },
      },
    },
  },
  server: {
    proxy: Object.fromEntries(served.map((path) => [path, { target: api, secure: false, ws: true }])),
  },
})
// biome-ignore lint/style/noDefaultExport: vite asks for one
export default config
