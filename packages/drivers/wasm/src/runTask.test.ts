import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TaskSpec } from '@tender/driver'
import { describeTasks } from '@tender/driver/testTasks'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createWasmDriver } from './createWasmDriver.ts'
import { isAlive } from './processes.ts'
import { type TestModule, writeTestModules } from './testModules.ts'

const folder = mkdtempSync(join(tmpdir(), 'tender-wasm-tasks-'))
const modulePath = writeTestModules(folder)
const stateDir = join(folder, 'state')
const driver = createWasmDriver({ stateDir })
const claims = join(stateDir, 'tasks')
mkdirSync(claims, { recursive: true })
const DEADLINE_MS = 60_000
const claimSchema = z.object({ pid: z.number(), startedTicks: z.number().nullable() })
/** Holds everything up until the process is gone. */
const waitUntilGone = (claim: z.infer<typeof claimSchema>) => {
  while (isAlive(claim)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
}
const soon = () => AbortSignal.timeout(DEADLINE_MS)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const program = (module: TestModule | 'invalid') => ({
  image: { kind: 'file', path: modulePath(module) } as const,
  args: [],
})

describeTasks('wasm', async () => ({
  driver,
  programs: {
    copies: program('copies'),
    exitsWith3: program('leavesPart'),
    cannotWriteInput: program('cannotWriteInput'),
    tellsTask: program('tellsTask'),
    prints: program('prints'),
    runsForever: program('runsForever'),
    exhaustsMemory: program('exhaustsMemory'),
    floods: program('floods'),
    fillsOutput: program('fillsOutput'),
    crashes: program('crashes'),
    invalid: program('invalid'),
  },
  leftovers: async () => readdirSync(claims),
  close: async () => {},
}))

const spec = (module: TestModule, id: number, more: Partial<TaskSpec> = {}): TaskSpec => ({
  id: `0x${id.toString(16).padStart(64, 'd')}`,
  ...program(module),
  environment: {},
  limits: { cpuMilli: 1_000, memoryBytes: 32 * 2 ** 20, diskBytes: 2 ** 20 },
  outputDir: join(folder, `output${id}`),
  seed: `0x${'11'.repeat(32)}`,
  ...more,
})

async function noise(id: number, seed: TaskSpec['seed']): Promise<Buffer> {
  const { reason } = await driver.runTask(spec('noise', id, { seed }), soon())
  expect(reason).toEqual({ kind: 'exited', code: 0 })
  return readFileSync(join(folder, `output${id}`, 'noise'))
}

test('random numbers and times are the same in every run, bit for bit, and others with another seed', async () => {
  const seed: TaskSpec['seed'] = `0x${'11'.repeat(32)}`
  const first = await noise(1, seed)
  expect(first).toHaveLength(96)
  expect((await noise(2, seed)).equals(first)).toBe(true)
  const other = await noise(3, `0x${'12'.repeat(32)}`)
  expect(other.subarray(0, 61).equals(first.subarray(0, 61))).toBe(false)
  // Times do not depend on it.
  expect(other.subarray(64, 88).equals(first.subarray(64, 88))).toBe(true)
  const slept = first.readBigUInt64LE(80) - first.readBigUInt64LE(64)
  expect(slept).toBeGreaterThanOrEqual(3_600_000_000_000n)
})

test('these are the random numbers and times of a seed', async () => {
  const bytes = await noise(4, `0x${'00'.repeat(32)}`)
  expect(bytes.toString('hex')).toMatchInlineSnapshot(
    `"2c34ce1df23b838c5abf2a7f6437cca3d3067ed509ff25f11df6b11b582b51eb08e00266fff0aacc64974f22a53622a7dc458ac1b5fd446ae7c99a4a99000000e8038ab9359ae515d007000000000000b8ab42ea7b9de515a564e6975674ca07"`,
  )
})

test('what a driver of Wasm cannot give is refused', async () => {
  const unsupported = { code: 'unsupportedWorkload', class: 'user' }
  const run = (more: Partial<TaskSpec>) => driver.runTask(spec('prints', 5, more), soon())
  await expect(run({ network: 'internet' })).rejects.toMatchObject(unsupported)
  await expect(run({ gpus: ['GPU-1'] })).rejects.toMatchObject(unsupported)
  await expect(run({ image: { kind: 'registry', reference: 'docker.io/library/a:1' } })).rejects.toMatchObject(
    unsupported,
  )
  await expect(run({ id: '0x../..' })).rejects.toMatchObject(unsupported)
})

test('folders of the input are there, sorted, and large files are read as they are', async () => {
  const inputDir = join(folder, 'large')
  mkdirSync(inputDir)
  writeFileSync(join(inputDir, 'in.txt'), 'x'.repeat(5_000))
  const { reason } = await driver.runTask(spec('copies', 6, { inputDir }), soon())
  expect(reason).toEqual({ kind: 'exited', code: 0 })
  expect(readFileSync(join(folder, 'output6', 'out.txt'), 'utf8')).toBe('x'.repeat(1_024))
})

/** Another process that runs a task which never ends, until it is killed. */
async function startElsewhere(task: TaskSpec) {
  const script = `
    import { createWasmDriver } from ${JSON.stringify(join(import.meta.dirname, 'createWasmDriver.ts'))}
    const driver = createWasmDriver({ stateDir: ${JSON.stringify(stateDir)} })
    await driver.runTask(${JSON.stringify(task)}, new AbortController().signal)`
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' })
  const ended = once(parent, 'exit')
  const kill = async () => {
    parent.kill('SIGKILL')
    await ended
  }
  const read = () => claimSchema.parse(JSON.parse(readFileSync(join(claims, `${task.id}.json`), 'utf8')))
  await expect.poll(read, { timeout: DEADLINE_MS }).toMatchObject({ pid: expect.any(Number) })
  return { kill, claim: read() }
}

test('a task ends with the process that started it, and can be run again', async () => {
  const task = spec('runsForever', 7)
  const { kill, claim } = await startElsewhere(task)
  await kill()
  await expect.poll(() => isAlive(claim), { timeout: DEADLINE_MS }).toBe(false)
  const again = await driver.runTask({ ...task, ...program('prints') }, soon())
  expect(again.reason).toEqual({ kind: 'exited', code: 0 })
  expect(readdirSync(claims)).toEqual([])
})

test(
  'its end is heard although its process is seen to be gone before',
  async () => {
    const heard = Promise.withResolvers<void>()
    const server = createServer((socket) => {
      socket.once('data', () => {
        waitUntilGone(slow.claim())
        heard.resolve()
      })
    })
    await new Promise<void>((resolve) => void server.listen(join(folder, 'now'), resolve))
    const client = connect(join(folder, 'now'))
    await once(client, 'connect')
    const begin = async (module: TestModule, id: number, runMs: number) => {
      const task = spec(module, id)
      const file = join(claims, `${task.id}.json`)
      const result = driver.runTask({ ...task, limits: { ...task.limits, runMs } }, soon())
      await expect.poll(() => existsSync(file), { interval: 5 }).toBe(true)
      return { result, claim: () => claimSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) }
    }
    const slow = await begin('runsForever', 31, 10_000)
    // Until it runs, and has said so.
    await (await begin('tellsTask', 32, DEADLINE_MS)).result
    const quick = await begin('tellsTask', 33, DEADLINE_MS)
    // One ends while nothing is heard; then the other, after it was looked what there is to hear and before it is looked who is gone.
    client.write('now')
    waitUntilGone(quick.claim())
    await heard.promise
    expect((await quick.result).reason).toEqual({ kind: 'exited', code: 0 })
    expect((await slow.result).reason).toMatchObject({ kind: 'killed', by: 'time' })
    client.destroy()
    server.close()
  },
  DEADLINE_MS,
)

test('a call with the same id ends what an earlier one still runs', async () => {
  const task = spec('runsForever', 8)
  const { kill, claim } = await startElsewhere(task)
  const again = await driver.runTask({ ...task, ...program('prints') }, soon())
  expect(again.reason).toEqual({ kind: 'exited', code: 0 })
  expect(isAlive(claim)).toBe(false)
  await kill()
})
