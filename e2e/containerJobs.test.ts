import { execFile } from 'node:child_process'
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { noEngine, startTestEngine, type TestEngine } from '@tender/driver-docker/isolation/testEngine'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type GatewayMarket, startGatewayMarket } from './support/gatewayMarket.ts'
import { killTenders, startTender } from './support/tender.ts'

// A tenant's whole way with a job of real containers: checked here, a task for each file of a folder, run by providers, and again by
// validators.

const words = fileURLToPath(new URL('../examples/words', import.meta.url))
const matrix = fileURLToPath(new URL('../examples/matrix', import.meta.url))
const DEADLINE_MS = 900_000
const command = promisify(execFile)

if (noEngine) console.warn(`skipped: ${noEngine}`)

describe.skipIf(noEngine !== undefined)('a job of containers', { timeout: DEADLINE_MS }, () => {
  let engine: TestEngine
  let market: GatewayMarket
  let directory: string
  let socket: string

  beforeAll(async () => {
    engine = await startTestEngine()
    socket = join(engine.folder, 'docker.sock')
    // Longer eras leave more of the machine to the containers of three providers and four monitors, and who judges may take its time.
    const jobTiming = { challengeSeconds: 10, drawSeconds: 300, verdictSeconds: 1_200 }
    market = await startGatewayMarket({ gateway: false, dockerSocket: socket, eraSeconds: 30, jobTiming })
    directory = join(market.home, 'words')
    await cp(words, directory, { recursive: true })
    await command(process.execPath, [join(words, 'build.ts'), directory])
  }, DEADLINE_MS)
  afterEach(killTenders)
  afterAll(async () => {
    await market?.stop()
    await engine?.close()
  }, DEADLINE_MS)

  /** Runs a command to its end. @returns what it printed as JSON, or the error that it told */
  async function tender(...args: string[]) {
    const { code, stdout, stderr } = await startTender(market.home, [...args, '--yes', '--json']).finished
    return { code, told: JSON.parse(stdout || stderr) }
  }

  const imagesLeft = async () => (await engine.engine.listImages()).length

  /** The job, changed. */
  async function changed(name: string, change: (text: string) => string): Promise<string> {
    const file = join(directory, name)
    await writeFile(file, change(await readFile(join(directory, 'job.yaml'), 'utf8')))
    return file
  }

  test('is run twice on this machine before it is ordered, and leaves nothing there', async () => {
    const before = await imagesLeft()
    const check = ['--check', '--socket', socket, '--dry-run']
    const fine = await tender('run', join(directory, 'job.yaml'), ...check)
    expect(fine).toMatchObject({ code: 0, told: { action: 'planned', leases: [] } })
    const noise = 'command: sh -c "sort /proc/sys/kernel/random/uuid > /output/id"'
    const random = await changed('random.yaml', (text) => text.replace('command: count-words', noise))
    expect(await tender('run', random, ...check)).toMatchObject({
      code: 12,
      told: { error: { code: 'notDeterministic', message: expect.stringContaining('task 0') } },
    })
    expect(await imagesLeft()).toBe(before)
    expect(await engine.engine.listContainers({ all: true })).toEqual([])
    const nowhere = ['--check', '--socket', join(directory, 'none.sock')]
    expect(await tender('run', join(directory, 'job.yaml'), ...nowhere)).toMatchObject({
      code: 2,
      told: { error: { code: 'notCheckable' } },
    })
  })

  test('runs, is verified in containers of the validators, and is paid for', async () => {
    const out = join(market.home, 'counted')
    const { code, told } = await tender('run', join(directory, 'job.yaml'), '--auction', '60s', '--out', out)
    expect({ code, told }).toMatchObject({ code: 0, told: { action: 'ordered', out } })
    expect(told.leases).toHaveLength(2)
    for (const lease of told.leases) {
      expect(lease).toMatchObject({ tasks: 3, passed: true, failedTasks: [], faults: [], refunded: '0' })
      expect(BigInt(lease.paid)).toBeGreaterThan(0n)
    }
    expect((await readdir(join(out, 'outputs'))).sort()).toEqual(['0', '1', '2', '3', '4', '5'])
    const merged = (await command(process.execPath, [join(words, 'merge.ts'), out])).stdout
    expect(merged.split('\n')[0]).toBe(await mostFrequent())

    // Each validator ran its tasks in a container of its own.
    const { leases } = (await tender('job', 'show', told.order)).told
    for (const { sampled, verdicts } of leases) {
      expect(sampled).toHaveLength(2)
      expect(verdicts.filter(({ passed }: { passed?: boolean }) => passed).length).toBeGreaterThanOrEqual(2)
    }
  })

  test('that needs a card is not ordered where nobody has one, and not checked here', async () => {
    const job = join(directory, 'matrix.yaml')
    await writeFile(job, (await readFile(join(matrix, 'job.yaml'), 'utf8')).replace('matrix.tar', 'words.tar'))
    await cp(join(matrix, 'close.wasm'), join(directory, 'close.wasm'))
    expect(await tender('run', job, '--auction', '60s')).toMatchObject({ code: 4, told: { error: { code: 'noBids' } } })
    expect(await tender('run', job, '--check', '--socket', socket)).toMatchObject({
      code: 2,
      told: { error: { code: 'notCheckable', message: expect.stringContaining('gpu.nvidia.rtx4090-24gb') } },
    })
  })

  /** Of all texts, counted here. */
  async function mostFrequent(): Promise<string> {
    const counts = new Map<string, number>()
    for (const name of await readdir(join(words, 'poems'))) {
      const text = (await readFile(join(words, 'poems', name), 'utf8')).toLowerCase()
      for (const [word] of text.matchAll(/[a-z']+/g)) counts.set(word, (counts.get(word) ?? 0) + 1)
    }
    const [[word, times] = ['', 0]] = [...counts].sort(([, one], [, other]) => other - one)
    return `${times}\t${word}`
  }
})
