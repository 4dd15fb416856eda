import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TaskSpec } from '@tender/driver'
import { describeTasks } from '@tender/driver/testTasks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { removeAll } from './removeAll.ts'
import { createTestKit, DEADLINE_MS, noDocker, soon, type TestKit } from './testKit.ts'

let kit: TestKit

const program = (text: string) => ({
  image: { kind: 'file', path: kit.image } as const,
  args: ['sh', '-c', text],
})

/** What of tasks is on the host. */
async function leftovers(): Promise<string[]> {
  const containers = await kit.engine.listContainers({ all: true })
  const networks = await kit.engine.listNetworks({ filters: { label: ['tender.network'] } })
  const volumes = await kit.driver.keptVolumes()
  return [
    ...readdirSync(join(kit.stateDir, 'tasks')),
    ...containers.flatMap(({ Names }) => Names),
    ...networks.map(({ Name }) => Name),
    ...volumes.map(({ leaseId }) => leaseId),
  ]
}

describe.skipIf(noDocker)('with a Docker engine', () => {
  beforeAll(async () => {
    kit = await createTestKit()
    mkdirSync(join(kit.stateDir, 'tasks'), { recursive: true })
    writeFileSync(join(kit.folder, 'invalid.tar'), 'no image')
  })
  afterAll(() => kit.close())

  describeTasks('docker', async () => ({
    driver: kit.driver,
    programs: {
      copies: program('test -f /input/in.txt || exit 1; cat /input/in.txt > /output/out.txt'),
      exitsWith3: program('printf part > /output/part.txt; exit 3'),
      cannotWriteInput: program('for name in new in; do (echo x > /input/$name.txt) && exit 1; done; exit 0'),
      tellsTask: program('printf $TENDER_TASK > /output/task.txt'),
      prints: program('echo one; echo two; echo three'),
      runsForever: program('while :; do :; done'),
      exhaustsMemory: program('a=xxxxxxxxxxxxxxxx; while :; do a=$a$a; done'),
      floods: program('exec yes 0123456789abcdef0123456789abcdef0123456789abcdef'),
      fillsOutput: program('cat /dev/zero > /output/big'),
      crashes: program('kill -SEGV $$'),
      invalid: { image: { kind: 'file', path: join(kit.folder, 'invalid.tar') }, args: [] },
    },
    leftovers,
    close: async () => {},
  }))

  const spec = (id: number, text: string): TaskSpec => ({
    id: `0x${id.toString(16).padStart(64, 'e')}`,
    ...program(text),
    environment: {},
    limits: { cpuMilli: 1_000, memoryBytes: 32 * 2 ** 20, diskBytes: 2 ** 20 },
    outputDir: join(kit.folder, `output${id}`),
    seed: `0x${'11'.repeat(32)}`,
  })

  test(
    'links and devices of an output lead nowhere',
    async () => {
      const { reason } = await kit.driver.runTask(
        spec(1, 'ln -s /etc/passwd /output/link; mkdir /output/d; printf in > /output/d/file; ln -s / /output/d/root'),
        soon(),
      )
      expect(reason).toMatchObject({ kind: 'exited' })
      expect(readdirSync(join(kit.folder, 'output1'), { recursive: true }).sort()).toEqual(['d', 'd/file'])
      expect(readFileSync(join(kit.folder, 'output1', 'd', 'file'), 'utf8')).toBe('in')
    },
    DEADLINE_MS,
  )

  test(
    'an output whose names cannot be kept is none, and no fault of the host',
    async () => {
      const name = "mkdir /output/$(printf '\\377')"
      const deep = `cd /output; d=${'d'.repeat(200)}; for i in 1 2 3 4 5 6 7 8 9 0; do for j in 1 2 3; do mkdir $d; cd $d; done; done`
      for (const [at, script] of [name, deep].entries()) {
        const { reason } = await kit.driver.runTask(spec(4 + at, script), soon())
        expect(reason).toMatchObject({ kind: 'killed', by: 'disk' })
        expect(readdirSync(join(kit.folder, `output${4 + at}`))).toEqual([])
      }
    },
    2 * DEADLINE_MS,
  )

  test(
    'what a process that was killed has left is gone after the next task, whichever that is',
    async () => {
      const left = spec(2, 'while :; do sleep 1; done')
      const parent = runElsewhere(left)
      await expect.poll(() => kit.running(), { timeout: DEADLINE_MS }).toHaveLength(1)
      parent.kill('SIGKILL')
      await once(parent, 'exit')
      const driver = kit.reopen()
      expect(await leftovers()).not.toEqual([])
      expect((await driver.runTask(spec(3, 'true'), soon())).reason).toEqual({ kind: 'exited', code: 0 })
      expect(await leftovers()).toEqual([])
    },
    2 * DEADLINE_MS,
  )

  test(
    'the image stays for the next task, and goes when all is removed',
    async () => {
      const images = async () => (await kit.engine.listImages()).map(({ Id }) => Id)
      expect((await kit.driver.runTask(spec(6, 'true'), soon())).reason).toEqual({ kind: 'exited', code: 0 })
      const [image] = await images()
      expect(image).toBeDefined()
      // A lease that has it too comes and goes.
      const lease = await kit.start(kit.spec([kit.script('true')]))
      await kit.driver.destroy(lease)
      expect(await images()).toEqual([image])
      await removeAll(kit.options)
      expect(await images()).toEqual([])
    },
    DEADLINE_MS,
  )

  /** Another process that runs a task until it is killed. */
  function runElsewhere(task: TaskSpec): ChildProcess {
    const script = `
      import { createDockerDriver } from ${JSON.stringify(join(import.meta.dirname, 'createDockerDriver.ts'))}
      const driver = createDockerDriver(${JSON.stringify(kit.options)})
      await driver.runTask(${JSON.stringify(task)}, new AbortController().signal)`
    return spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' })
  }
})

test.skipIf(!noDocker)(`skipped: ${noDocker}`, () => {})
