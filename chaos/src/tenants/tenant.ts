import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { keepPlayKey, writeMarketProfile } from '@tender/cli'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { z } from 'zod'
import type { TenantEntry, TenantHistory } from '../history.ts'
import type { PlannedAct, PlannedTenant } from '../plan.ts'
import { pauseUntil } from '../runFaults.ts'
import { TENDER } from '../world/daemon.ts'
import { fund } from '../world/setUp.ts'
import type { RunningWorld } from '../world/startWorld.ts'
import { writeJob, writeOrder } from './projects.ts'
import { runCommand } from './runCommand.ts'

/** Nobody waits for longer: then it is interrupted, as by Ctrl-C. Longer than a job may take to be judged. */
const PATIENCE_MS = 150_000
/** Of a tenant's leases so many may still run. */
const MOST_LATEST = 4
const AUCTION = ['--auction', '6s'] as const

/** What commands tell of leases, with `--json`. */
const toldSchema = z.looseObject({ leases: z.array(z.looseObject({ leaseId: z.string() })).default([]) })

export type ChaosTenant = TenantHistory & {
  /** Does one thing after the other, each at its time at the earliest. */
  live(startedAt: number, until: AbortSignal): Promise<void>
  /** Runs again what was not brought to its end, once nothing goes wrong any more. */
  finish(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

type How = { cutAfterMs?: number | undefined; out?: string | undefined }

/** Something that it ordered, in a folder of its own. */
type Project = { command: readonly string[]; kind: 'up' | 'run'; done: boolean; out?: string }

/** Somebody with a wallet of its own, who uses the command line. */
export async function createTenant(world: RunningWorld, { name, acts }: PlannedTenant): Promise<ChaosTenant> {
  const { host, rpc } = await world.addGuest(name)
  const home = join(world.folder, 'tenants', name)
  const key = generatePrivateKey()
  await keepPlayKey(home, name, key)
  const { book, bootstrap } = world
  await writeMarketProfile(home, 'dev', { version: 1, rpcUrl: rpc.url, book, bootstrap: [...bootstrap], account: name })
  await fund(world.chainUrl, world.book, world.asset, key)

  const entries: TenantEntry[] = []
  const logFile = join(home, 'history.ndjson')
  const log = createWriteStream(logFile, { flags: 'a' })
  const projects: Project[] = []
  const leases: string[] = []

  async function tender(act: string, words: readonly string[], how: How = {}): Promise<TenantEntry> {
    const at = Date.now()
    const ran = await runCommand({
      spawn: (options) => host.spawn(process.execPath, [TENDER, ...words, '--yes', '--json'], options),
      env: { TENDER_HOME: home },
      cutAfterMs: how.cutAfterMs,
      patienceMs: PATIENCE_MS,
      signal: world.signal,
    })
    const entry: TenantEntry = {
      at,
      endedAt: Date.now(),
      act,
      command: words,
      ...ran,
      ...(how.out !== undefined && { out: how.out }),
    }
    entries.push(entry)
    log.write(`${JSON.stringify(entry)}\n`)
    const { data } = toldSchema.safeParse(ran.told)
    // Of a job's nothing is closed or extended.
    if (act === 'up') for (const { leaseId } of data?.leases ?? []) if (!leases.includes(leaseId)) leases.push(leaseId)
    return entry
  }

  /** Once more if it was killed in the middle: it goes on where it was. */
  async function bring(project: Project, cutAfterMs?: number): Promise<void> {
    const { kind, command, out } = project
    const first = await tender(kind, command, { cutAfterMs, ...(out !== undefined && { out }) })
    const last = first.code === null && cutAfterMs !== undefined ? await tender(kind, command, { out }) : first
    // 11: a job's price came back, which is an end too.
    project.done = last.code === 0 || last.code === 11
  }

  /** One of the latest: older ones have run out. */
  const leaseOf = (which: number) => {
    const latest = leases.slice(-MOST_LATEST)
    return latest[which % latest.length]
  }

  async function perform(planned: PlannedAct): Promise<void> {
    switch (planned.act) {
      case 'order': {
        const file = await writeOrder(join(home, `order-${projects.length}`), planned)
        const project: Project = { kind: 'up', command: ['up', file, ...AUCTION], done: false }
        projects.push(project)
        return bring(project, planned.cutAfterMs)
      }
      case 'job': {
        const folder = join(home, `job-${projects.length}`)
        const out = join(folder, 'results')
        const command = ['run', await writeJob(folder, planned), '--out', out, ...AUCTION]
        const project: Project = { kind: 'run', command, done: false, out }
        projects.push(project)
        return bring(project, planned.cutAfterMs)
      }
      case 'close': {
        const lease = leaseOf(planned.which)
        if (lease) await tender('close', ['close', lease, '--wait', '10s'])
        return
      }
      case 'extend': {
        const lease = leaseOf(planned.which)
        if (lease) await tender('extend', ['extend', lease, `${planned.bySeconds}s`])
        return
      }
      case 'topUp':
        await tender('deposit', ['deposit', `${(planned.cents / 100).toFixed(2)} USDC`])
        return
      case 'look':
        await tender('ps', ['ps', '--all'])
    }
  }

  return {
    name,
    address: privateKeyToAccount(key).address,
    home,
    logFile,
    entries,
    async live(startedAt, until) {
      for (const act of acts) {
        await pauseUntil(startedAt + act.atSeconds * 1_000, until)
        if (until.aborted) return
        await perform(act)
      }
    },
    async finish(signal) {
      for (const project of projects.filter(({ kind, done }) => kind === 'run' && !done)) {
        if (signal.aborted) return
        await bring(project)
      }
    },
    close: () => new Promise((resolve) => log.end(() => resolve())),
  }
}
