import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createWasmDriver } from '@tender/driver-wasm'
import { assemble } from '@tender/driver-wasm/testModules'
import { taskSeed } from '@tender/protocol'
import { numberToHex } from 'viem'
import { expect, test } from 'vitest'
import { order } from './testJobs.ts'
import { createJudge, makeScene, type Program, sourceOf, temporaryDir } from './testJudge.ts'

// Real modules in the real driver, on the provider's side and on the validator's.

/** A provider that runs its tasks as it should: random numbers and times, which follow from the task's seed. */
function createProvider(): Program {
  const dir = temporaryDir()
  const path = join(dir, 'noise.wasm')
  writeFileSync(path, assemble('noise'))
  const driver = createWasmDriver({ stateDir: join(dir, 'state') })
  return async (task) => {
    const outputDir = join(dir, `output${task}`)
    mkdirSync(outputDir)
    const limits = { cpuMilli: 500, memoryBytes: 2 ** 26, diskBytes: 1_000 }
    const spec = {
      id: numberToHex(task, { size: 32 }),
      image: { kind: 'file', path },
      args: [],
      environment: {},
    } as const
    const { reason } = await driver.runTask(
      { ...spec, limits, outputDir, seed: taskSeed(order, task) },
      AbortSignal.timeout(60_000),
    )
    return { ends: reason, files: { noise: readFileSync(join(outputDir, 'noise')) } }
  }
}

const files = { program: assemble('noise'), comparator: assemble('crashes') }
const validator = () => createWasmDriver({ stateDir: temporaryDir() })

test('a module gives the same on the provider and on the validator, and garbage is not the same', async () => {
  const honest = await makeScene({ terms: { tasks: 3, sample: 3 }, files, provided: createProvider() })
  const { judge } = createJudge([validator()], [sourceOf(honest.store)])
  const finding = await judge(await honest.submit())
  const detail = 'the output is the same, byte by byte; exit 0'
  const tasks = [0, 1, 2].map((task) => ({ task, same: true, detail }))
  expect(finding).toEqual({ kind: 'judged', passed: true, reasons: { tasks, faults: [] } })

  // What task 0 gave is not what task 1 gives, and no comparator that traps makes it so.
  const run = createProvider()
  const first = await run(0, 0)
  const lazy = await makeScene({ terms: { tasks: 2, sample: 2 }, files, compares: true, provided: () => first })
  const found = await createJudge([validator()], [sourceOf(lazy.store)]).judge(await lazy.submit())
  expect(found).toMatchObject({ kind: 'judged', passed: false })
  expect(found.kind === 'judged' && found.reasons.tasks).toEqual([
    { task: 0, same: true, detail },
    { task: 1, same: false, detail: 'the comparator did not end by itself (crashed)' },
  ])
})
