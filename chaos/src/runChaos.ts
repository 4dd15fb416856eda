import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Counts, countOf } from './countOf.ts'
import type { Fault } from './fault.ts'
import type { Finding } from './finding.ts'
import type { FaultEntry, History, TenantEntry } from './history.ts'
import type { Plan } from './plan.ts'
import { pauseUntil, runFaults } from './runFaults.ts'
import { type ChaosTenant, createTenant } from './tenants/tenant.ts'
import { toJson } from './toJson.ts'
import type { Ending } from './world/daemon.ts'
import { type RunningWorld, startWorld } from './world/startWorld.ts'

export type ChaosOptions = {
  plan: Plan
  faults: readonly Fault[]
  /** Everybody on the loopback address. */
  loopback: boolean
  /** Keeps the run's folder also where nothing was found. */
  keep: boolean
  /** What it is judged by in the end. */
  check(world: RunningWorld, history: History): Promise<Finding[]>
  signal: AbortSignal
  onProgress(line: string): void
}

export type ChaosResult = {
  seed: number
  minutes: number
  /** Milliseconds since 1970, when things began to go wrong. */
  startedAt: number
  /** Why there were no network namespaces, so that nothing was cut. */
  withoutNamespaces: string | undefined
  /** Faults that could not be had here, and why. */
  leftOut: Readonly<Record<string, string>>
  /** How many there were, by kind. */
  faults: Readonly<Record<string, number>>
  /** Those that could not be made or undone. */
  failedFaults: readonly FaultEntry[]
  /** Processes that ended although nobody killed them, and what they said at last. */
  endedByThemselves: readonly (Ending & { name: string })[]
  /** Commands of tenants that failed, and were not killed. */
  failedCommands: readonly (TenantEntry & { tenant: string })[]
  counts: Counts
  findings: readonly Finding[]
  /** Where everything is that was kept; `undefined` if nothing was. */
  folder: string | undefined
}

/** Of eras that everything has to settle in, after the last fault. */
const CALM_ERAS = 2
/** Tenants' last commands end by themselves long before. */
const FINISH_MS = 240_000

/**
 * Starts a world, lets go wrong what is planned while tenants do what is planned, waits until the market is calm, and has it
 * checked. Leaves nothing behind but the run's folder where something was found.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { plan, signal, onProgress } = options
  const folder = await mkdtemp(join(tmpdir(), 'tender-chaos-'))
  let keep = true
  let world: RunningWorld | undefined
  try {
    await mkdir(join(folder, 'tenants'))
    // Many processes are started: what Node made of the sources for one is there for the next.
    process.env.NODE_COMPILE_CACHE = join(folder, 'compiled')
    await writeFile(join(folder, 'plan.json'), JSON.stringify(plan, null, 2))
    onProgress(`everything is kept in ${folder}`)
    world = await startWorld({ folder, loopback: options.loopback, signal, onProgress })
    const result = await play(options, world)
    keep = options.keep || result.findings.length > 0
    await writeFile(join(folder, 'result.json'), toJson(result, 2))
    return { ...result, folder: keep ? folder : undefined }
  } finally {
    // Who ends it early wants nothing of it.
    const kept = keep && !signal.aborted
    await world?.close(kept)
    await rm(kept ? join(folder, 'compiled') : folder, { recursive: true, force: true })
  }
}

async function play(options: ChaosOptions, world: RunningWorld): Promise<Omit<ChaosResult, 'folder'>> {
  const { plan, signal, onProgress } = options
  const { faults, leftOut } = await available(options.faults, world)
  if (world.withoutNamespaces !== undefined) onProgress(`nothing is cut: ${world.withoutNamespaces}`)
  for (const [name, why] of Object.entries(leftOut)) onProgress(`without ${name}: ${why}`)
  onProgress('tenants get their wallets')
  const tenants: ChaosTenant[] = []
  for (const planned of plan.tenants) tenants.push(await createTenant(world, planned))
  signal.throwIfAborted()

  const startedAt = Date.now()
  const until = AbortSignal.any([signal, AbortSignal.timeout(plan.minutes * 60_000)])
  const told = (line: string) =>
    onProgress(`${String(Math.round((Date.now() - startedAt) / 1_000)).padStart(5)} s  ${line}`)
  const living = Promise.all(tenants.map((tenant) => tenant.live(startedAt, until)))
  const happened = await runFaults({ world, planned: plan.faults, faults, onEvent: told })
  await pauseUntil(startedAt + plan.minutes * 60_000, signal)
  if (signal.aborted) await living
  signal.throwIfAborted()
  told('nothing goes wrong any more; everybody has to come up')
  const down = await bringUp(world)
  const patience = AbortSignal.any([signal, AbortSignal.timeout(FINISH_MS)])
  await living
  signal.throwIfAborted()
  told('tenants finish what was cut off')
  await Promise.all(tenants.map((tenant) => tenant.finish(patience)))
  told(`the market calms down for ${CALM_ERAS} eras`)
  await pauseUntil(Date.now() + CALM_ERAS * world.eraSeconds * 1_000, signal)
  signal.throwIfAborted()

  const history: History = {
    seed: plan.seed,
    minutes: plan.minutes,
    startedAt,
    endedAt: Date.now(),
    tenants: tenants.map(({ name, address, home, logFile, entries }) => ({ name, address, home, logFile, entries })),
    faults: happened,
    takenBack: world.takenBack,
  }
  await writeFile(join(world.folder, 'history.json'), JSON.stringify(history, null, 2))
  told('checking')
  const findings = [...down, ...(await options.check(world, history))]
  await Promise.all(tenants.map((tenant) => tenant.close()))
  return {
    seed: plan.seed,
    minutes: plan.minutes,
    withoutNamespaces: world.withoutNamespaces,
    leftOut,
    faults: tally(happened.filter(({ error }) => error === undefined).map(({ name }) => name)),
    failedFaults: happened.filter(({ error }) => error !== undefined),
    endedByThemselves: world.daemons.flatMap(({ name, endings }) => endings.map((ending) => ({ name, ...ending }))),
    failedCommands: history.tenants.flatMap(({ name, entries }) =>
      entries.filter(({ code }) => code !== 0 && code !== null).map((entry) => ({ tenant: name, ...entry })),
    ),
    startedAt,
    counts: await countOf(world, history),
    findings,
  }
}

/** Which faults can be had here, and why others cannot. */
async function available(faults: readonly Fault[], world: RunningWorld) {
  const reasons = await Promise.all(faults.map(async (fault) => [fault, await fault.missing?.(world)] as const))
  return {
    faults: reasons.filter(([, why]) => why === undefined).map(([fault]) => fault),
    leftOut: Object.fromEntries(reasons.flatMap(([{ name }, why]) => (why === undefined ? [] : [[name, why]]))),
  }
}

/** Starts whoever is down, the chain first. @returns a finding for each that stays down */
async function bringUp(world: RunningWorld): Promise<Finding[]> {
  const [chain, ...others] = world.processes
  const startOne = async ({ name, start, resume, logFile }: RunningWorld['processes'][number]): Promise<Finding[]> => {
    try {
      resume()
      await start()
      return []
    } catch (error) {
      const message = `${name} does not come up: ${error instanceof Error ? error.message : error}`
      return [{ check: 'comesUp', message, data: { logFile } }]
    }
  }
  const first = chain ? await startOne(chain) : []
  return [...first, ...(await Promise.all(others.map(startOne))).flat()]
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
