import type { LeaseId, ServiceUsage, WorkloadUsage } from '@tender/driver'
import { z } from 'zod'
import { lookAt, type Seen } from './containers.ts'
import { type Engine, ignore } from './engine.ts'
import { atLast, type Host } from './host.ts'
import { withLock } from './leaseLock.ts'

/**
 * Of each run of each container of a service that is there, by its id and start: the engine counts from nothing at each.
 * `pastCpuMs`: of all runs before; what is started again and again for weeks would be a long list.
 */
const serviceSchema = z.object({
  cpuMs: z.record(z.string(), z.number()),
  pastCpuMs: z.number(),
  memoryPeakBytes: z.number(),
})
type KeptService = z.infer<typeof serviceSchema>

const usageSchema = z.object({ services: z.record(z.string(), serviceSchema), memoryPeakBytes: z.number() })
type Kept = z.infer<typeof usageSchema>

const statsSchema = z.object({
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number().catch(0) }) }),
  memory_stats: z.object({
    usage: z.number().catch(0),
    /** `inactive_file`: copies of files, which the system takes back before it refuses memory to anybody. */
    stats: z.object({ inactive_file: z.number().catch(0) }).catch({ inactive_file: 0 }),
  }),
})
const NANOSECONDS = 1_000_000

/**
 * What a lease has used so far, with what runs now. Kept at each look, so that it never falls, also when containers are started
 * again, replaced, or gone.
 */
export function sampleUsage(host: Host, leaseId: LeaseId): Promise<WorkloadUsage> {
  const { records, engine, stateDir } = host
  return withLock(
    stateDir,
    `usage ${leaseId}`,
    async () => {
      const kept = usageSchema.catch({ services: {}, memoryPeakBytes: 0 }).parse(records.usage(leaseId))
      const seen = await lookAt(engine, leaseId)
      const live = seen.filter(({ pid }) => pid > 0)
      const samples = (await Promise.all(live.map((container) => sample(engine, container)))).flat()
      const next = merge(kept, samples, new Set(seen.map(runOf)))
      if (live.length > 0 && records.read(leaseId)) records.setUsage(leaseId, next)
      return usageOf(next, samples)
    },
    atLast(),
  )
}

type Sample = { readonly service: string; readonly run: string; readonly cpuMs: number; readonly memoryBytes: number }

function runOf({ id, startedAtMs }: Seen): string {
  return `${id.slice(0, 12)}-${startedAtMs}`
}

async function sample({ calls }: Engine, seen: Seen): Promise<Sample[]> {
  const stats = await calls.getContainer(seen.id).stats({ stream: false, 'one-shot': true }).catch(ignore(404, 409))
  if (stats === undefined) return []
  const { cpu_stats, memory_stats } = statsSchema.parse(stats)
  const cpuMs = cpu_stats.cpu_usage.total_usage / NANOSECONDS
  const memoryBytes = Math.max(0, memory_stats.usage - memory_stats.stats.inactive_file)
  return [{ service: seen.service, run: runOf(seen), cpuMs, memoryBytes }]
}

/** `there`: the last run of each container. No other comes back. */
function merge(kept: Kept, samples: readonly Sample[], there: ReadonlySet<string>): Kept {
  const none: KeptService = { cpuMs: {}, pastCpuMs: 0, memoryPeakBytes: 0 }
  const names = new Set([...Object.keys(kept.services), ...samples.map(({ service }) => service)])
  const services = [...names].map((name): [string, KeptService] => {
    const own = samples.filter(({ service }) => service === name)
    return [name, mergeService(kept.services[name] ?? none, own, there)]
  })
  return {
    services: Object.fromEntries(services),
    memoryPeakBytes: Math.max(kept.memoryPeakBytes, memoryOf(samples)),
  }
}

function mergeService(
  { cpuMs, pastCpuMs, memoryPeakBytes }: KeptService,
  samples: readonly Sample[],
  there: ReadonlySet<string>,
): KeptService {
  const past = Object.entries(cpuMs).filter(([run]) => !there.has(run))
  const next = Object.fromEntries(Object.entries(cpuMs).filter(([run]) => there.has(run)))
  for (const { run, cpuMs: now } of samples) next[run] = Math.max(next[run] ?? 0, now)
  return {
    cpuMs: next,
    pastCpuMs: past.reduce((sum, [, value]) => sum + value, pastCpuMs),
    memoryPeakBytes: Math.max(memoryPeakBytes, memoryOf(samples)),
  }
}

function usageOf({ services, memoryPeakBytes }: Kept, samples: readonly Sample[]): WorkloadUsage {
  const used = Object.entries(services).map(([service, { cpuMs, pastCpuMs, memoryPeakBytes }]): ServiceUsage => {
    const memoryBytes = memoryOf(samples.filter((one) => one.service === service))
    const all = Object.values(cpuMs).reduce((sum, value) => sum + value, pastCpuMs)
    return { service, cpuMs: Math.round(all), memoryBytes, memoryPeakBytes }
  })
  return {
    atMs: Date.now(),
    cpuMs: used.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    memoryBytes: memoryOf(samples),
    memoryPeakBytes,
    services: used,
  }
}

function memoryOf(samples: readonly Sample[]): number {
  return samples.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
}
