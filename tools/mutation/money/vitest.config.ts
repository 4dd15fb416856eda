import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type Plugin } from 'vitest/config'
import { type MutationTask, TASK_VARIABLE } from './task.ts'

const root = join(import.meta.dirname, '../../..')
// CAST: moneyRun.ts wrote it
const task = JSON.parse(readFileSync(process.env[TASK_VARIABLE] ?? '', 'utf8')) as MutationTask

/** Gives tests the changed file, and a `vitest` that collects them. */
const switches: Plugin = {
  name: 'switches',
  enforce: 'pre',
  resolveId(source, importer) {
    const isOurs = importer?.startsWith(import.meta.dirname)
    return source === 'vitest' && !isOurs ? join(import.meta.dirname, 'testShim.ts') : undefined
  },
  load: (id) => (id === task.file ? task.source : undefined),
}

export default defineConfig({
  root,
  plugins: [switches],
  test: {
    include: [join(import.meta.dirname, 'judgeMutants.ts')],
    environment: 'node',
    pool: 'forks',
    testTimeout: 0,
    retry: 0,
    // It tells files apart by what stands on disk, and a changed one is the same there.
    fsModuleCache: false,
  },
})
