/**
 * Runs tasks without proving anything, as a process of its own, run by bench/jobs.ts: by the driver, or each in a process that has the
 * module and Node's own WASI and nothing else.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { createWasmDriver } from '@tender/driver-wasm'
import { taskSeed } from '@tender/protocol'
import { numberToHex, zeroHash } from 'viem'
import { between, moment, type Span } from './moment.ts'

export type BareRun = {
  way: 'driver' | 'plain'
  module: string
  /** For its files; emptied afterwards. */
  folder: string
  tasks: number
  atOnce: number
  environment: Record<string, string>
}

const DEADLINE_MS = 600_000
const limits = { cpuMilli: 1_000, memoryBytes: 64 * 2 ** 20, diskBytes: 1_024 }
/** As the driver has it, so that a busy machine treats both alike. */
const NICENESS = 5

const PLAIN = `const { WASI } = require('node:wasi')
const [, , file, output] = process.argv
const wasi = new WASI({ version: 'preview1', env: process.env, preopens: { '/input': output, '/output': output } })
const compiled = new WebAssembly.Module(require('node:fs').readFileSync(file))
process.exitCode = wasi.start(new WebAssembly.Instance(compiled, wasi.getImportObject()))`

process.once('disconnect', () => process.exit())
process.on('message', async (message) => {
  // CAST: the parent sends exactly this
  process.send?.(await runAll(message as BareRun))
})

async function runAll(run: BareRun): Promise<Span> {
  const { folder, tasks, atOnce } = run
  const driver = createWasmDriver({ stateDir: join(folder, 'state') })
  const program = join(folder, 'plain.cjs')
  await mkdir(folder, { recursive: true })
  await writeFile(program, PLAIN)
  let next = 0
  const line = async () => {
    while (next < tasks) {
      const task = next++
      const outputDir = join(folder, 'outputs', String(task))
      await mkdir(outputDir, { recursive: true })
      await (run.way === 'plain' ? runPlain(program, run, task, outputDir) : runDriver(driver, run, task, outputDir))
    }
  }
  const from = moment()
  await Promise.all(Array.from({ length: atOnce }, line))
  const span = between(from, moment())
  await rm(join(folder, 'outputs'), { recursive: true })
  return span
}

function environmentOf({ environment }: BareRun, task: number): Record<string, string> {
  return { ...environment, TENDER_TASK: String(task), TENDER_SEED: taskSeed(zeroHash, task) }
}

async function runDriver(driver: ReturnType<typeof createWasmDriver>, run: BareRun, task: number, outputDir: string) {
  const { reason } = await driver.runTask(
    {
      id: numberToHex(task, { size: 32 }),
      image: { kind: 'file', path: run.module },
      args: [],
      environment: environmentOf(run, task),
      limits,
      outputDir,
      seed: taskSeed(zeroHash, task),
    },
    AbortSignal.timeout(DEADLINE_MS),
  )
  if (reason.kind !== 'exited' || reason.code !== 0) throw new Error(`task ${task}: ${JSON.stringify(reason)}`)
}

async function runPlain(program: string, run: BareRun, task: number, outputDir: string): Promise<void> {
  const child = spawn(process.execPath, ['--no-warnings', program, run.module, outputDir], {
    env: environmentOf(run, task),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (child.pid !== undefined) setPriority(child.pid, NICENESS)
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`task ${task} ended with ${code}`)
}
