import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const browserTests = ['e2e/browser/**/*.test.ts', 'e2e/browserPeer.test.ts']

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
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    retry: 0,
    // Chromium drops its connections whenever a network interface comes or goes, and other tests make and remove many:
    // `npm test` runs the second project after the first, a file at a time.
    projects: [
      {
        extends: true,
        test: {
          name: 'packages',
          include: [
            '{packages,packages/drivers,apps}/*/src/**/*.test.ts',
            '{tools,examples,e2e,bench,chaos,fuzz,contracts}/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', ...browserTests],
        },
      },
      { extends: true, test: { name: 'browser', include: browserTests, fileParallelism: false } },
    ],
  },
})
