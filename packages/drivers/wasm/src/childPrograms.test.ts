import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { childPrograms } from './childPrograms.ts'

test('the programs of processes are made once, whoever asks at the same time, and need nothing but each other and the shim', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'tender-programs-'))
  onTestFinished(() => rmSync(stateDir, { recursive: true }))
  const [folder = '', ...others] = await Promise.all([1, 2, 3].map(() => childPrograms(stateDir)))
  expect([...others, await childPrograms(stateDir)]).toEqual([folder, folder, folder])
  // One version, and nothing that was half made.
  expect(readdirSync(join(stateDir, 'programs'))).toHaveLength(1)

  const names = readdirSync(folder)
  expect(names).toEqual(expect.arrayContaining(['main.mjs', 'task.mjs', 'worker.mjs']))
  for (const name of names) {
    const imported = [...readFileSync(join(folder, name), 'utf8').matchAll(/ from '([^']+)'/g)].map(
      ([, from = '']) => from,
    )
    for (const from of imported) {
      if (from.startsWith('./')) expect(names).toContain(from.slice(2))
      else expect(from).toMatch(/^(node:|file:.*browser_wasi_shim)/)
    }
  }
})
