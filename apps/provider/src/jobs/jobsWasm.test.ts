import { mkdir, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf } from '@tender/content'
import { jobTaskSpec } from '@tender/driver'
import { createWasmDriver } from '@tender/driver-wasm'
import { assemble } from '@tender/driver-wasm/testModules'
import { expect, test } from 'vitest'
import { bytes32 } from '../testKit.ts'
import { openTestContent, temporaryDir } from './testJobs.ts'
import { createJobWorld } from './testJobWorld.ts'

const soon = () => AbortSignal.timeout(90_000)

test('modules run as tasks, several at once; what they leave is what anybody else gets who runs them', async () => {
  const driver = createWasmDriver({ stateDir: temporaryDir() })
  const job = { tasks: 4, atOnce: 2, driver: 'wasm', program: assemble('noise') }
  const world = await createJobWorld({ driver, job })
  const life = world.start()
  await world.deliver(life)
  await world.until(() => world.chain.submissions.length > 0)
  const records = life.book.tasks(world.id)
  expect(records.map(({ exit }) => exit)).toEqual([0, 0, 0, 0])
  expect(new Set(records.map(({ output }) => output)).size).toBe(4)

  const other = createWasmDriver({ stateDir: temporaryDir() })
  const [again, dir] = [openTestContent(), await mkdtemp(join(temporaryDir(), 'again-'))]
  const outputDir = join(dir, 'output')
  await mkdir(outputDir)
  const { manifest } = world.job
  const task = { id: bytes32(5), job: manifest, order: world.terms.order, task: 2 }
  const bundleDir = world.places.bundle(world.id)
  const { reason } = await other.runTask(jobTaskSpec({ ...task, bundleDir, outputDir }), soon())
  expect(reason).toEqual({ kind: 'exited', code: 0 })
  const output = await again.putDirectory(outputDir, { bytes: 1e6, files: 10 }, soon())
  expect(records.find((record) => record.task === 2)?.output).toBe(digestOf(output))
  await life.stop()
})
