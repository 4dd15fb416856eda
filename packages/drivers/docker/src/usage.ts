import type { LeaseId, Usage } from '@tender/driver'
import { z } from 'zod'
import { lookAt, type Seen } from './containers.ts'
import { type Engine, ignore } from './engine.ts'
import { atLast, type Host } from './host.ts'
import { withLock } from './leaseLock.ts'

/**
 * Of each run of each container that is there, by its id and start: the engine counts from nothing at each. `pastCpuMs`: of all
 * runs before; what is started again and again for weeks would be a long list.
 */
const usageSchema = z.object({
  cpuMs: z.record(z.string(), z.number()),
  pastCpuMs: z.number().default(0),
  memoryPeakBytes: z.number(),
})
type Kept = z.infer<typeof usageSchema>

const statsSchema = z.object({
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number().catch(0) }) }),
  memory_stats: z.object({ usage: z.number().catch(0) }).catch({ usage: 0 }),
})
const NANOSECONDS = 1_000_000

/**
 * What a lease has used so far, with what runs now. Kept at each look, so that it never falls, also when containers are started
 * again, replaced, or gone.
 */
export function sampleUsage(host: Host, leaseId: LeaseId): Promise<Usage> {
  const { records, engine, stateDir } = host
  return withLock(
    stateDir,
    `usage ${leaseId}`,
    async () => {
      const kept = usageSchema.catch({ cpuMs: {}, pastCpuMs: 0, memoryPeakBytes: 0 }).parse(records.usage(leaseId))
      const seen = await lookAt(engine, leaseId)
      const live = seen.filter(({ pid }) => pid > 0)
      const samples = await Promise.all(live.map((container) => sample(engine, container)))
      const next = merge(kept, samples.flat(), new Set(seen.map(runOf)))
      if (samples.length > 0 && records.read(leaseId)) records.setUsage(leaseId, next)
      const cpuMs = Object.values(next.cpuMs).reduce((sum, value) => sum + value, next.pastCpuMs)
      return { cpuMs: Math.round(cpuMs), memoryPeakBytes: next.memoryPeakBytes }
    },
    atLast(),
  )
}

type Sample = { readonly run: string; readonly cpuMs: number; readonly memoryBytes: number }

function runOf({ id, startedAtMs }: Seen): string {
  return `${id.slice(0, 12)}-${startedAtMs}`
}

async function sample({ calls }: Engine, seen: Seen): Promise<Sample[]> {
  const stats = await calls.getContainer(seen.id).stats({ stream: false, 'one-shot': true }).catch(ignore(404, 409))
  if (stats === undefined) return []
  const { cpu_stats, memory_stats } = statsSchema.parse(stats)
  const cpuMs = cpu_stats.cpu_usage.total_usage / NANOSECONDS
  return [{ run: runOf(seen), cpuMs, memoryBytes: memory_stats.usage }]
}

/** `there`: the last run of each container. No other comes back. */
function merge(
  { cpuMs, pastCpuMs, memoryPeakBytes }: Kept,
  samples: readonly Sample[],
  there: ReadonlySet<string>,
): Kept {
  const past = Object.entries(cpuMs).filter(([run]) => !there.has(run))
  const next = Object.fromEntries(Object.entries(cpuMs).filter(([run]) => there.has(run)))
  for (const { run, cpuMs: now } of samples) next[run] = Math.max(next[run] ?? 0, now)
  const together = samples.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
  return {
    cpuMs: next,
    pastCpuMs: past.reduce((sum, [, value]) => sum + value, pastCpuMs),
    memoryPeakBytes: Math.max(memoryPeakBytes, together),
  }
}
