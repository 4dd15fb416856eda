import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TaskDriver, TaskSpec } from '@tender/driver'
import { createDockerDriver } from '@tender/driver-docker'
import { noEngine, startTestEngine } from '@tender/driver-docker/isolation/testEngine'
import { createWasmDriver } from '@tender/driver-wasm'
import { blobFacts, buildManifest, parseComposeFile } from '@tender/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { modulePath } from './build.ts'
import { compileMultiply, matrixImage } from './matrix/build.ts'

const DEADLINE_MS = 600_000
const SOCKET = '/var/run/docker.sock'
const SIZE = 96
const SEED = '0x1122334455667788aabbccddeeff00112233445566778899aabbccddeeff0011'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tender-matrix-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const has = (tool: string) => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0
const noCompiler = has('cc') ? undefined : 'needs a C compiler'

/** Why no card can be tried here; `undefined` if one can. */
const noCard: string | undefined = (() => {
  if (noCompiler !== undefined) return noCompiler
  if (spawnSync('nvidia-smi').status !== 0) return 'needs an NVIDIA card and its driver: nvidia-smi does not run'
  if (!existsSync(SOCKET)) return `needs a Docker engine at ${SOCKET}`
  const runtimes = spawnSync('docker', ['info', '--format', '{{json .Runtimes}} {{json .CDISpecDirs}}']).stdout
  return String(runtimes).includes('nvidia') ? undefined : "needs NVIDIA's runtime for Docker"
})()
if (noCard) console.warn(`skipped: ${noCard}`)

describe('the comparator', () => {
  const floats = (...values: number[]) => Buffer.from(new Float32Array(values).buffer)
  let runs = 0

  /** What it says of two outputs: its exit code. `undefined`: there is no such file. */
  async function compare(claimed: Buffer | undefined, again: Buffer | undefined): Promise<unknown> {
    const place = join(folder, `compare-${runs++}`)
    for (const [name, content] of Object.entries({ claimed, again })) {
      await mkdir(join(place, 'input', name), { recursive: true })
      if (content) await writeFile(join(place, 'input', name, 'product.f32'), content)
    }
    await mkdir(join(place, 'output'))
    const { reason } = await createWasmDriver({ stateDir: join(folder, 'wasm') }).runTask(
      {
        id: `0x${`${runs}`.padStart(64, 'c')}`,
        image: { kind: 'file', path: modulePath('matrix') },
        args: [],
        environment: {},
        limits: { cpuMilli: 1_000, memoryBytes: 64 * 2 ** 20, diskBytes: 1_024 },
        inputDir: join(place, 'input'),
        outputDir: join(place, 'output'),
        seed: SEED,
      },
      AbortSignal.timeout(DEADLINE_MS),
    )
    return reason.kind === 'exited' ? reason.code : reason
  }

  const product = floats(0, -1.5, 100, 1e-9)
  test.each([
    ['the same', product, product, 0],
    ['rounded otherwise', floats(0.0009, -1.5012, 100.05, -1e-9), product, 0],
    ['another number', floats(0, -1.5, 101, 1e-9), product, 1],
    ['another number at the end', floats(0, -1.5, 100, 0.01), product, 1],
    ['not a number', floats(0, Number.NaN, 100, 1e-9), product, 1],
    ['infinite', floats(0, Number.POSITIVE_INFINITY, 100, 1e-9), product, 1],
    ['too short', product.subarray(0, 12), product, 1],
    ['too long', Buffer.concat([product, product]), product, 1],
    ['empty', Buffer.alloc(0), product, 1],
    ['missing', undefined, product, 1],
    ['missing on both sides', undefined, undefined, 1],
  ])('takes what is %s for what it is', { timeout: DEADLINE_MS }, async (_, claimed, again, code) => {
    expect(await compare(claimed, again)).toBe(code)
  })
})

test('the job asks for a class of cards, and gives each task one', async () => {
  const file = join(import.meta.dirname, 'matrix/job.yaml')
  const parsed = parseComposeFile(await readFile(file, 'utf8'), { file })
  expect(parsed.files).toEqual([
    { role: 'image', path: './matrix.tar', required: true },
    { role: 'image', path: './close.wasm', required: true },
  ])
  const comparator = blobFacts(await readFile(modulePath('matrix')))
  const image = { sha256: `0x${'11'.repeat(32)}` as const, bytes: 3_000_000, holdsImage: true }
  const { manifest } = buildManifest(parsed, {
    images: new Map([
      ['./matrix.tar', { ...comparator, ...image }],
      ['./close.wasm', comparator],
    ]),
    salt: `0x${'5a'.repeat(32)}`,
    job: { inputFiles: [], asset: { symbol: 'USDC', decimals: 6 } },
  })
  expect(manifest.brief).toMatchObject({ driver: 'docker', resource: 'gpu.nvidia.rtx4090-24gb', units: 1 })
  expect(manifest.brief.gpu).toBe('nvidia.rtx4090-24gb')
  expect(manifest.job).toMatchObject({ tasks: 8, gpus: 1, compare: { sha256: comparator.sha256 } })
})

test.skipIf(!has('ptxas'))('the kernel is one that cards of four generations take (needs ptxas)', () => {
  for (const card of ['sm_75', 'sm_86', 'sm_90', 'sm_120']) {
    const source = join(import.meta.dirname, 'matrix/multiply.ptx')
    execFileSync('ptxas', [`-arch=${card}`, source, '-o', join(folder, `${card}.cubin`)])
  }
})

test.skipIf(noCompiler !== undefined)('without a driver the program says so', () => {
  const program = join(folder, 'multiply')
  compileMultiply(program)
  const { status, stderr } = spawnSync(program, {
    env: { SIZE: `${SIZE}`, TENDER_SEED: SEED, TENDER_OUTPUT: folder, LD_LIBRARY_PATH: join(folder, 'none') },
  })
  if (noCard === undefined) expect(status).toBe(0)
  else expect([status, String(stderr)]).toEqual([1, expect.stringContaining('no NVIDIA driver: libcuda.so.1')])
})

/** One task of the job, as a provider has a driver run it. */
async function runImage(driver: TaskDriver, id: number, gpus?: readonly string[]) {
  const image = join(folder, 'matrix.tar')
  if (!existsSync(image)) await writeFile(image, matrixImage())
  const outputDir = join(folder, `output-${id}`)
  await mkdir(outputDir)
  const spec: TaskSpec = {
    id: `0x${`${id}`.padStart(64, 'd')}`,
    image: { kind: 'file', path: image },
    args: [],
    environment: { SIZE: `${SIZE}`, CUDA_CACHE_DISABLE: '1', TENDER_SEED: SEED, TENDER_OUTPUT: '/output' },
    limits: { cpuMilli: 1_000, memoryBytes: 2 * 2 ** 30, diskBytes: 4 * 2 ** 20 },
    outputDir,
    seed: SEED,
    ...(gpus && { gpus }),
  }
  return { ...(await driver.runTask(spec, AbortSignal.timeout(DEADLINE_MS))), outputDir }
}

test.skipIf(noEngine !== undefined || noCompiler !== undefined)(
  'its image runs, and without a card says what is missing',
  { timeout: DEADLINE_MS },
  async () => {
    const engine = await startTestEngine()
    try {
      const options = { stateDir: join(folder, 'docker'), socketPath: join(engine.folder, 'docker.sock') }
      const { reason, log } = await runImage(createDockerDriver({ ...options, keepFreeBytes: 0 }), 1)
      expect(reason).toEqual({ kind: 'exited', code: 1 })
      expect(log.map(({ text }) => text).join('\n')).toContain('no NVIDIA driver')
    } finally {
      await engine.close()
    }
  },
)

describe.skipIf(noCard !== undefined)(`on a card${noCard ? ` (skipped: ${noCard})` : ''}`, () => {
  test('two matrices are multiplied', { timeout: DEADLINE_MS }, async () => {
    const driver = createDockerDriver({ stateDir: join(folder, 'host'), socketPath: SOCKET })
    const host = await driver.probe(AbortSignal.timeout(DEADLINE_MS))
    if (!host.healthy) expect.fail(host.reason)
    const [card] = host.gpus ?? expect.fail('no card')
    const { reason, log, outputDir } = await runImage(driver, 2, [card?.id ?? ''])
    expect(reason, JSON.stringify(log)).toEqual({ kind: 'exited', code: 0 })
    const file = await readFile(join(outputDir, 'product.f32'))
    const found = new Float32Array(file.buffer, file.byteOffset, SIZE * SIZE)
    const farthest = productOf(SEED, SIZE).map((value, at) => Math.abs(value - (found[at] ?? Number.NaN)))
    expect(Math.max(...farthest)).toBeLessThan(1e-3)
  })
})

/** What `multiply.c` computes, by its seed, in doubles. */
function productOf(seed: string, n: number): number[] {
  let state = BigInt(seed.slice(0, 18)) | 1n
  const next = () => {
    state ^= state >> 12n
    state = BigInt.asUintN(64, state ^ (state << 25n))
    state ^= state >> 27n
    return Number(BigInt.asUintN(64, state * 0x2545f4914f6cdd1dn) >> 40n) / 8_388_608 - 1
  }
  const [a, b] = [Array.from({ length: n * n }, next), Array.from({ length: n * n }, next)]
  return Array.from({ length: n * n }, (_, at) => {
    const [row, column] = [Math.floor(at / n), at % n]
    return Array.from({ length: n }, (_, k) => (a[row * n + k] ?? 0) * (b[k * n + column] ?? 0)).reduce((x, y) => x + y)
  })
}
