import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const browserTests = ['e2e/browser/**/*.test.ts', 'e2e/browserPeer.test.ts']
const otherTests = [
  '{packages,packages/drivers,apps}/*/src/**/*.test.ts',
  '{tools,examples,e2e,bench,chaos,fuzz,contracts}/**/*.test.ts',
]
/** Of daemons, databases and whole markets: each file in a process of its own, so that nothing of one goes on beside the next. */
const aloneTests = ['{packages/drivers,apps/cli,apps/gateway,apps/monitor,e2e,bench,chaos,fuzz,contracts}/**/*.test.ts']

// What Node compiled for one test file it has for the next one, and for every command that a test starts in a home of its own.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled')

// Tests start real chains, peers and child processes: two at a time leaves each enough of a small machine.
// Limits are for hangs, not for slow machines.
// A test that fails is not tried again: what fails now and then is broken.
export default defineConfig({
  // Node takes this file of it, Vite another one, and two copies of graphql do not know each other's schemas.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    environment: 'node',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 60_000 } },
    retry: 0,
    projects: [
      // One after the other in one process, for which everything is loaded once: by far most of a small file's time.
      {
        extends: true,
        test: {
          name: 'packages',
          include: otherTests,
          exclude: ['**/node_modules/**', ...browserTests, ...aloneTests],
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'packages alone',
          include: aloneTests,
          exclude: ['**/node_modules/**', ...browserTests],
          sequence: { groupOrder: 1 },
        },
      },
      // Chromium drops its connections whenever a network interface comes or goes, and other tests make and remove many:
      // `npm test` runs these after the others, a file at a time.
      { extends: true, test: { name: 'browser', include: browserTests, fileParallelism: false } },
    ],
  },
})
