import type { Collection, Store } from '@tender/kit'
import { bytes32Schema, type CapacityCheck, type Observation, type Probe } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'

const seconds = z.int().min(0)
const probesSchema: z.ZodType<Probe[]> = z.array(
  z.strictObject({
    at: seconds,
    kind: z.enum(['http', 'tcp', 'health', 'challenge']),
    outcome: z.enum(['good', 'bad', 'blind']),
    latencyMs: z.int().min(0),
    detail: z.string(),
  }),
)
const observedSchema = z.strictObject({
  from: seconds,
  until: seconds,
  observation: z.strictObject({
    lease: bytes32Schema,
    probes: z.int(),
    upBps: z.int(),
    latencyMs: z.int(),
    spreadMs: z.int(),
    challenges: z.int(),
    answered: z.int(),
    startedAt: z.int(),
    evidence: bytes32Schema,
  }),
})
const capacitySchema = z.strictObject({
  check: z.strictObject({
    provider: z.bigint(),
    resource: bytes32Schema,
    at: seconds,
    units: z.int(),
    proven: z.int(),
  }),
  /** The era in whose batch it is told; absent: in none yet. */
  era: z.bigint().optional(),
})

/** A stretch of time, unix seconds: from, and before `until`. */
export type Span = { from: number; until: number }

/** What this monitor saw, on disk. */
export type ProbeStore = {
  /** Remembered at once, on disk with the next {@link ProbeStore.flush}. What lies in a time that is sealed is left out. */
  add(lease: Hex, probe: Probe): void
  /** Writes what is only in memory; a crash loses what came since the last time, no more. */
  flush(): void
  /** In the order of time. */
  probes(lease: Hex, span: Span): Probe[]
  /** Keeps what is said of an era. From then on no probe is added before `span.until`, so that the evidence stays what it is. */
  seal(era: bigint, span: Span, observations: readonly Observation[]): void
  /** What was said of a lease in an era, and the probes behind it. */
  evidence(era: bigint, lease: Hex): { observation: Observation; probes: Probe[] } | undefined
  addCapacity(check: CapacityCheck): void
  /** The checks that an era's batch tells: those told in none yet, and, asked again, the same. */
  takeCapacity(era: bigint): CapacityCheck[]
  /** Removes what is older. */
  forget(beforeSeconds: number): void
}

/** Keys begin with the hour, so that old ones are a range. */
const HOUR_SECONDS = 3600
const number = (value: number | bigint) => value.toString().padStart(20, '0')

export function createProbeStore(store: Store): ProbeStore {
  const kept = store.collection('probes', probesSchema)
  const observed = store.collection('observed', observedSchema)
  const checks = store.collection('capacityChecks', capacitySchema)
  const seals = store.collection('sealed', z.strictObject({ until: seconds }))
  let fresh = new Map<Hex, Probe[]>()
  let sealedUntil = seals.get('last')?.until ?? 0
  let last = 0
  /** Rises from write to write, also from process to process. */
  const next = () => {
    last = Math.max(last + 1, Date.now() * 1_000)
    return number(last)
  }

  const self: ProbeStore = {
    add(lease, probe) {
      if (probe.at < sealedUntil) return
      const probes = fresh.get(lease) ?? []
      probes.push(probe)
      fresh.set(lease, probes)
    },
    flush() {
      if (fresh.size === 0) return
      store.transaction(() => {
        for (const [lease, probes] of fresh) {
          for (const [hour, part] of byHour(probes)) kept.set(`${number(hour)}/${lease}/${next()}`, part)
        }
      })
      fresh = new Map()
    },
    probes(lease, { from, until }) {
      const found: Probe[] = []
      for (let hour = hourOf(from); hour < until; hour += HOUR_SECONDS) {
        const prefix = `${number(hour)}/${lease}/`
        // '0' follows '/': all keys that begin with the prefix.
        const range = { from: prefix, before: `${prefix.slice(0, -1)}0` }
        found.push(...kept.entries(range).flatMap(({ value }) => value))
      }
      const all = [...found, ...(fresh.get(lease) ?? [])]
      return all.filter(({ at }) => at >= from && at < until).sort((a, b) => a.at - b.at)
    },
    seal(era, { from, until }, observations) {
      self.flush()
      sealedUntil = Math.max(until, sealedUntil)
      store.transaction(() => {
        for (const observation of observations) {
          observed.set(`${number(era)}/${observation.lease}`, { from, until, observation })
        }
        seals.set('last', { until: sealedUntil })
      })
    },
    evidence(era, lease) {
      const found = observed.get(`${number(era)}/${lease}`)
      return found && { observation: found.observation, probes: self.probes(lease, found) }
    },
    addCapacity: (check) => checks.set(checkKey(check), { check }),
    takeCapacity(era) {
      const told = checks.entries().filter(({ value }) => value.era === undefined || value.era === era)
      store.transaction(() => {
        for (const { key, value } of told) checks.set(key, { ...value, era })
      })
      return told.map(({ value }) => value.check)
    },
    forget(beforeSeconds) {
      store.transaction(() => {
        drop(kept, { before: number(hourOf(beforeSeconds)) }, () => true)
        drop(observed, {}, ({ until }) => until < beforeSeconds)
        drop(checks, {}, ({ check, era }) => era !== undefined && check.at < beforeSeconds)
      })
    },
  }
  return self
}

function drop<T>(collection: Collection<T>, range: { before?: string }, isOld: (value: T) => boolean): void {
  for (const { key, value } of collection.entries(range)) if (isOld(value)) collection.delete(key)
}

function byHour(probes: readonly Probe[]): Map<number, Probe[]> {
  return Map.groupBy(probes, ({ at }) => hourOf(at))
}

function hourOf(at: number): number {
  return at - (at % HOUR_SECONDS)
}

/** Sorts as batches list them: by provider, class, moment. */
function checkKey({ provider, resource, at }: CapacityCheck): string {
  return `${number(provider)}/${resource}/${number(at)}`
}
