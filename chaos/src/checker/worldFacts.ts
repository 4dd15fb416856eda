import { spawn } from 'node:child_process'
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Hex, isHex } from 'viem'
import { z } from 'zod'
import type { History, TakenBack, TenantHistory } from '../history.ts'
import { runCommand } from '../tenants/runCommand.ts'
import { TENDER } from '../world/daemon.ts'
import type { World } from '../world/world.ts'
import type { ChainFacts } from './facts.ts'

/** What runs on this machine for a lease. */
export type Workload = { provider: bigint; lease: Hex; pid: number }

/** What a provider has recorded of a lease. */
export type LeaseRecord = { provider: bigint; phase: string; reason: string | undefined }

/** What bringing a job's result gave, long after it was submitted. `trouble`: why it did not. */
export type Brought = {
  outputs: number
  tasks: number
  submitted: boolean
  faults: readonly string[]
  trouble?: string
}

/** All that is not on the chain and has to agree with it. */
export type WorldFacts = {
  workloads: Workload[]
  records: Map<Hex, LeaseRecord>
  /** Leases whose workload was gone one day though nothing had ended it, as their providers' logs say. */
  gone: { provider: bigint; lease: Hex }[]
  /** Of every job that was submitted. */
  results: Map<Hex, Brought>
  /** Leases that tenants were told of as such, by commands that began at `at`, and folders that they were told have their results. */
  toldLeases: { tenant: string; lease: Hex; at: number }[]
  toldResults: { tenant: string; folder: string; files: number }[]
  takenBack: readonly TakenBack[]
}

const RESULTS_MS = 120_000
const recordSchema = z.looseObject({ phase: z.string(), reason: z.string().optional() })
/** A status is of lists: there `unknown` is what the chain does not have. */
const toldLeaseSchema = z.looseObject({ leaseId: z.string(), status: z.string().optional() })
const toldSchema = z.looseObject({ leases: z.array(toldLeaseSchema).default([]) })
const broughtSchema = z.looseObject({
  leases: z.array(
    z.looseObject({
      ...{ leaseId: z.string(), outputs: z.int(), tasks: z.int(), submitted: z.boolean() },
      ...{ faults: z.array(z.string()), trouble: z.string().optional() },
    }),
  ),
})

/** Looks at this machine's processes, providers' records, and what tenants were told; brings every submitted result again. */
export async function readWorld(world: World, history: History, facts: ChainFacts): Promise<WorldFacts> {
  const folders = world.providers.map(({ id, name }) => ({ provider: id, stateDir: world.process(name).stateDir }))
  return {
    workloads: await findWorkloads(folders),
    records: await findRecords(world),
    gone: await findGone(world),
    results: await bringResults(world, history, facts),
    toldLeases: findToldLeases(history),
    toldResults: await findToldResults(history),
    takenBack: history.takenBack,
  }
}

/** Only what a tenant's own commands said of leases: they read the chain through a gate at which nobody lies. */
export function findToldLeases({ tenants }: Pick<History, 'tenants'>): WorldFacts['toldLeases'] {
  return tenants.flatMap(({ name, entries }) =>
    entries.flatMap(({ at, told }) =>
      (toldSchema.safeParse(told).data?.leases ?? []).flatMap(({ leaseId, status }) =>
        isHex(leaseId) && status !== 'unknown' ? [{ tenant: name, lease: leaseId, at }] : [],
      ),
    ),
  )
}

/** Processes whose command names a lease's folder below a provider's state. */
export async function findWorkloads(folders: readonly { provider: bigint; stateDir: string }[]): Promise<Workload[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid): Promise<Workload[]> => {
      const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') // it ended meanwhile
      const folder = folders.find(({ stateDir }) => words.includes(`${stateDir}/`))
      const lease = /\/leases\/(0x[0-9a-f]{64})/.exec(words)?.[1]
      return folder && isHex(lease) ? [{ provider: folder.provider, lease, pid: Number(pid) }] : []
    }),
  )
  return found.flat()
}

async function findRecords(world: World): Promise<WorldFacts['records']> {
  const found = []
  for (const { id, name } of world.providers) found.push(...readRecords(id, await copyRecords(world, name)))
  return new Map(found)
}

/** A provider lets nobody else into its database: it stands still while its files are copied. */
async function copyRecords(world: World, name: string): Promise<string> {
  const folder = join(world.folder, 'seen', name)
  await mkdir(folder, { recursive: true })
  const provider = world.process(name)
  provider.pause()
  try {
    const files = (await readdir(provider.stateDir)).filter((file) => /^provider\.db(-wal)?$/.test(file))
    for (const file of files) await copyFile(join(provider.stateDir, file), join(folder, file))
  } finally {
    provider.resume()
  }
  return join(folder, 'provider.db')
}

function readRecords(provider: bigint, file: string): [Hex, LeaseRecord][] {
  const db = new DatabaseSync(file)
  try {
    const rows = db.prepare("SELECT key, value FROM entry WHERE collection IN ('leases', 'endedLeases')").all()
    return rows.flatMap(({ key, value }): [Hex, LeaseRecord][] => {
      const record = recordSchema.safeParse(JSON.parse(String(value)))
      const lease = /0x[0-9a-f]{64}/.exec(String(key))?.[0]
      const { phase, reason } = record.data ?? {}
      return isHex(lease) && phase !== undefined ? [[lease, { provider, phase, reason }]] : []
    })
  } finally {
    db.close()
  }
}

async function findGone(world: World): Promise<WorldFacts['gone']> {
  const logs = await Promise.all(
    world.providers.map(async ({ id, name }) => goneIn(id, await readFile(world.process(name).logFile, 'utf8'))),
  )
  return logs.flat()
}

/** What a provider's log says of workloads that its driver found gone. */
export function goneIn(provider: bigint, log: string): WorldFacts['gone'] {
  const lines = log
    .split('\n')
    .filter((line) => line.includes('"the workload ended"') && line.includes('"reason":"lost'))
  return lines.flatMap((line) => {
    const lease = /"leaseId":"(0x[0-9a-f]{64})"/.exec(line)?.[1]
    return isHex(lease) ? [{ provider, lease }] : []
  })
}

async function bringResults(world: World, { tenants }: History, { events }: ChainFacts): Promise<Map<Hex, Brought>> {
  const submitted = new Set(events.flatMap((event) => (event.name === 'JobSubmitted' ? [event.args.lease] : [])))
  const results = new Map<Hex, Brought>()
  for (const event of events) {
    if (event.name !== 'LeaseOpened' || !submitted.has(event.args.lease)) continue
    const { lease, tenant: account } = event.args
    const tenant = tenants.find(({ address }) => address === account)
    if (tenant) results.set(lease, await bringOne(world, tenant, lease))
  }
  return results
}

/** As its tenant would who lost the folder: by the command line, into an empty one. */
async function bringOne(world: World, { home }: TenantHistory, lease: Hex): Promise<Brought> {
  const words = ['job', 'results', lease, '--out', join(world.folder, 'brought', lease), '--yes', '--json']
  const { told, error } = await runCommand({
    spawn: (options) => spawn(process.execPath, [TENDER, ...words], options),
    env: { TENDER_HOME: home },
    patienceMs: RESULTS_MS,
    signal: world.signal,
  })
  const found = broughtSchema.safeParse(told).data?.leases.find(({ leaseId }) => leaseId === lease)
  const none = { outputs: 0, tasks: 0, submitted: false, faults: [] }
  return found ?? { ...none, trouble: JSON.stringify(error ?? told ?? 'it said nothing') }
}

async function findToldResults({ tenants }: History): Promise<WorldFacts['toldResults']> {
  const told = tenants.flatMap(({ name, entries }) =>
    entries.flatMap(({ code, out }) => (code === 0 && out !== undefined ? [{ tenant: name, folder: out }] : [])),
  )
  return Promise.all(
    told.map(async (each) => ({ ...each, files: (await readdir(each.folder).catch(() => [])).length })),
  )
}
