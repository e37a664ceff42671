import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const api = process.env['NACELLE_URL'] ?? 'https://localhost:5850'

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
  },
  server: {
    proxy: Object.fromEntries(served.map((path) => [path, { target: api, secure: false, ws: true }])),
  },
})
// biome-ignore lint/style/noDefaultExport: vite asks for one
export default config
