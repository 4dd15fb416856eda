import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// `npx vite` in this folder serves the page while it is worked on, with the data of a gateway that already runs.
const gateway = process.env.TENDER_GATEWAY ?? 'http://127.0.0.1:8080'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss()],
  server: { proxy: { '/v1': { target: gateway, ws: true }, '/graphql': gateway, '/openapi.json': gateway } },
  build: {
    target: 'es2024',
    sourcemap: false,
    // Fonts and pictures stay files of their own: a strict content security policy allows no data: URLs for them.
    assetsInlineLimit: 0,
    // A style sheet that is loaded with a part of the page and fails is never asked for again.
    cssCodeSplit: false,
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What every page needs comes in few files: they compress better, and wait for each other less.
          groups: [
            {
              name: 'base',
              test: /node_modules\/(react|react-dom|scheduler|use-sync-external-store|@tanstack\/(?!react-table|table-core)|zod|clsx|class-variance-authority|tailwind-merge)\//,
            },
            { name: 'icons', test: /node_modules\/lucide-react\// },
          ],
        },
      },
    },
  },
})
