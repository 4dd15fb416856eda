import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWasmDriver } from '@tender/driver-wasm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { modulePath } from './build.ts'
import { merge as mergeDarts } from './montecarlo/merge.ts'
import { merge as mergePicture } from './pathtracer/merge.ts'
import { readPng } from './testPng.ts'

const DEADLINE_MS = 60_000

let folder: string
let driver: ReturnType<typeof createWasmDriver>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tender-job-examples-'))
  driver = createWasmDriver({ stateDir: join(folder, 'state') })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs all tasks of an example as a provider would, each with a seed of its own, into `outputs/<task>`. @returns the folder */
async function runAll(
  name: 'montecarlo' | 'pathtracer',
  run: string,
  { tasks, environment }: { tasks: number; environment: Record<string, string> },
): Promise<string> {
  const results = join(folder, `${name}-${run}`)
  for (let task = 0; task < tasks; task++) {
    const outputDir = join(results, 'outputs', `${task}`)
    await mkdir(outputDir, { recursive: true })
    const seed = `0x${`${task + 1}`.padEnd(64, '5')}` as const
    const { reason } = await driver.runTask(
      {
        id: `0x${`${task}`.padStart(64, 'a')}`,
        image: { kind: 'file', path: modulePath(name) },
        args: [],
        environment: { ...environment, TENDER_TASK: `${task}`, TENDER_TASKS: `${tasks}`, TENDER_SEED: seed },
        limits: { cpuMilli: 1_000, memoryBytes: 64 * 2 ** 20, diskBytes: 2 ** 20 },
        outputDir,
        seed,
      },
      AbortSignal.timeout(DEADLINE_MS),
    )
    expect(reason).toEqual({ kind: 'exited', code: 0 })
  }
  return results
}

test(
  'darts come near pi, each task throws others, and the same task the same again',
  async () => {
    const job = { tasks: 3, environment: { DARTS: '200000' } }
    const results = await runAll('montecarlo', 'once', job)
    const { tasks, darts, pi, standardError } = await mergeDarts(results)
    expect([tasks, darts]).toEqual([3, 600_000])
    expect(Math.abs(pi - Math.PI)).toBeLessThan(5 * standardError)
    const counts = await Promise.all(
      [0, 1, 2].map((task) => readFile(join(results, 'outputs', `${task}`, 'counts.json'), 'utf8')),
    )
    expect(new Set(counts).size).toBe(3)
    expect(await mergeDarts(await runAll('montecarlo', 'again', job))).toEqual({
      tasks,
      darts,
      inside: expect.any(Number),
      pi,
      standardError,
    })
  },
  DEADLINE_MS,
)

test(
  'bands of a picture fit together: sky above, ground below',
  async () => {
    const environment = { WIDTH: '64', HEIGHT: '37', SAMPLES: '8' }
    const results = await runAll('pathtracer', 'once', { tasks: 5, environment })
    const { width, height, rows: pixels } = readPng(await mergePicture(results))
    expect([width, height]).toEqual([64, 37])
    expect(pixels.length).toBe((64 * 3 + 1) * 37)
    const band = readPng(await readFile(join(results, 'outputs/1/band.png')))
    expect([band.width, band.height]).toEqual([64, 7])
    expect(band.rows).toEqual(pixels.subarray(7 * 193, 14 * 193))
    const pixel = (x: number, y: number) => [...pixels.subarray(y * 193 + 1 + 3 * x, y * 193 + 4 + 3 * x)]
    const [skyRed = 0, , skyBlue = 0] = pixel(2, 1)
    expect(skyBlue).toBeGreaterThan(skyRed)
    const [ballRed = 0, , ballBlue = 0] = pixel(13, 22)
    expect(ballRed).toBeGreaterThan(ballBlue)
    expect(pixel(2, 1)).not.toEqual(pixel(2, 35))
  },
  DEADLINE_MS,
)
