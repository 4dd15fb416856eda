/**
 * The process of one lease: `node main.ts DIRECTORY ATTEMPT`, started with no permission but to read and write that
 * directory. It does nothing until the claim there names it, and outlives whoever started it.
 */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ExitReason, ServiceSpec, WorkloadSpec } from '@tender/driver'
import {
  type Claim,
  claimName,
  fileNames,
  type LeaseRecord,
  type Ready,
  readJson,
  recordExit,
  replaceFile,
} from './files.ts'
import { limits, maximumTimerMs } from './limits.ts'
import { loadModule } from './loadModule.ts'
import { startMeter } from './meter.ts'
import { createOutputLog, type OutputLog } from './outputLog.ts'
import { createPool, type Pool } from './pool.ts'
import { serve } from './serve.ts'

const CLAIM_POLL_MS = 5
/** Whoever started us writes the claim right away; if it was killed instead we are nobody's. */
const CLAIM_WAIT_MS = 10_000

/** Records how it ended and ends this process. */
type End = (reason: ExitReason) => void

const [directory = '', attempt = ''] = process.argv.slice(2)

await run()

async function run(): Promise<void> {
  if (!(await isClaimed())) process.exit(1)
  // CAST: written by the driver that started us, in a folder that only the two can write.
  const { spec, token } = readJson(directory, fileNames.record) as LeaseRecord
  const service = only(spec)
  const log = createOutputLog(directory, service.name, limits.logFileBytes)
  const maximumBytes = spec.limits.memoryBytes + limits.runtimeMemoryBytes
  const meter = startMeter(directory, maximumBytes, (heldBytes) => {
    end({ kind: 'killed', by: 'memory', detail: `its process held ${heldBytes} bytes, the limit is ${maximumBytes}` })
  })
  const end: End = (reason) => {
    log.close()
    meter.record()
    recordExit(directory, reason)
    process.exit(0)
  }
  const threads = service.shape === 'http' ? threadsOf(spec) : 1
  const loaded = await loadModule(join(directory, fileNames.module), Math.floor(spec.limits.memoryBytes / threads))
  if ('invalid' in loaded) return end({ kind: 'invalid', detail: loaded.invalid })
  const pool = openPool(spec, service, threads, loaded.module, log)
  const { invalid } = await pool.open()
  if (invalid !== undefined) return end({ kind: 'invalid', detail: invalid })
  const environment = { ...service.environment, TENDER_LEASE: spec.leaseId }
  if (service.shape === 'http') await answerRequests({ pool, token, environment, log, end })
  else await runCommand(pool, environment, end)
}

async function isClaimed(): Promise<boolean> {
  const until = Date.now() + CLAIM_WAIT_MS
  while (Date.now() < until) {
    // CAST: as above.
    const claim = readJson(directory, claimName(Number(attempt))) as Claim | undefined
    if (claim) return claim.pid === process.pid
    await delay(CLAIM_POLL_MS)
  }
  return false
}

/** One instance a core, since an instance is one thread. */
function threadsOf(spec: WorkloadSpec): number {
  return Math.min(Math.max(Math.floor(spec.limits.cpuMilli / 1_000), 1), limits.threads)
}

function openPool(
  spec: WorkloadSpec,
  service: ServiceSpec,
  threads: number,
  module: WebAssembly.Module,
  log: OutputLog,
): Pool {
  const http = service.shape === 'http'
  const runMs = http ? (spec.limits.requestMs ?? limits.requestMs) : spec.limits.runMs
  return createPool({
    size: threads,
    data: {
      module,
      args: [service.name, ...service.args],
      memoryBytes: Math.floor(spec.limits.memoryBytes / threads),
      maximumLogBytes: http ? limits.requestLogBytes : limits.commandLogBytes,
      maximumAnswerBytes: limits.responseBytes,
    },
    runMs: runMs === undefined || runMs > maximumTimerMs ? undefined : runMs,
    loadMs: limits.loadMs,
    loadWaitMs: limits.loadWaitMs,
    onOutput: log.write,
  })
}

type Serving = {
  pool: Pool
  token: string
  environment: Record<string, string>
  log: OutputLog
  end: End
}

async function answerRequests({ pool, token, environment, log, end }: Serving): Promise<void> {
  const server = await serve({
    pool,
    token,
    environment,
    maximumBodyBytes: limits.requestBodyBytes,
    onFailure: log.say,
  })
  process.once('SIGTERM', () => {
    server.close(() => end({ kind: 'stopped' }))
    server.closeIdleConnections()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  replaceFile(directory, fileNames.ready, { port: address.port } satisfies Ready)
}

/** A module cannot be told to stop, so a request to stop lets it go on until it is killed. */
async function runCommand(pool: Pool, environment: Record<string, string>, end: End): Promise<void> {
  let stopping = false
  process.once('SIGTERM', () => {
    stopping = true
  })
  replaceFile(directory, fileNames.ready, { port: null } satisfies Ready)
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const outcome = await pool.run({ environment: variables, input: new Uint8Array(), capture: false })
  if (outcome.kind === 'exited') end(stopping ? { kind: 'stopped' } : { kind: 'exited', code: outcome.code })
  else end(outcome)
}

function only({ services: [service] }: WorkloadSpec): ServiceSpec {
  if (!service) throw new Error('the record has no service')
  return service
}
