import { type Random, randomOf } from './random.ts'
import type { ProcessKind } from './world/world.ts'

/** Something that goes wrong: which fault hits whom, from when on and for how long. */
export type PlannedFault = {
  readonly atSeconds: number
  readonly lastsSeconds: number
  readonly fault: string
  readonly target: string
  /** Of what the fault itself draws. */
  readonly seed: number
}

/** What a tenant does. */
export type PlannedAct = { readonly atSeconds: number } & (
  | {
      readonly act: 'order'
      readonly example: 'hello' | 'image'
      readonly leaseSeconds: number
      /** Its command is killed so many milliseconds after its start, and run again. */
      readonly cutAfterMs?: number
    }
  | { readonly act: 'job'; readonly tasks: number; readonly leases: number; readonly cutAfterMs?: number }
  /** `which`: of the latest leases that it was told of, counted round. */
  | { readonly act: 'close'; readonly which: number }
  | { readonly act: 'extend'; readonly which: number; readonly bySeconds: number }
  | { readonly act: 'topUp'; readonly cents: number }
  | { readonly act: 'look' }
)

/** One that leaves before the end has fewer acts: what it rented runs out, or goes on without it. */
export type PlannedTenant = { readonly name: string; readonly acts: readonly PlannedAct[] }

export type Plan = {
  readonly seed: number
  readonly minutes: number
  readonly faults: readonly PlannedFault[]
  readonly tenants: readonly PlannedTenant[]
}

/** What a plan is made of. */
export type PlanParts = {
  faults: readonly { readonly name: string; readonly hits: readonly ProcessKind[] }[]
  processes: readonly { readonly name: string; readonly kind: ProcessKind }[]
}

const tenantNames = ['ada', 'bela', 'cleo'] as const

/** At the beginning nothing goes wrong for a moment, so that there is something that can. */
const QUIET_SECONDS = 15
/** Between one fault and the next. */
const FAULT_EVERY_SECONDS = [4, 14] as const
const FAULT_LASTS_SECONDS = [2, 20] as const
/** Between one act of a tenant and the next; each begins only once the one before is over. */
const ACT_EVERY_SECONDS = [4, 20] as const

/** So many of each lease's are sampled. */
const LEAST_TASKS = 3

/** Kills and pauses are what machines do most. */
const weights: Readonly<Record<string, number>> = { kill: 4, pause: 2 }

/**
 * What goes wrong and what tenants do in a run: the same for the same seed, length and parts. What the processes make of it is
 * another matter.
 *
 * @example
 * planOf(7, 5, { faults, processes: cast }).faults[0] // { atSeconds: 19.3, fault: 'kill', target: 'dusk', … }
 */
export function planOf(seed: number, minutes: number, parts: PlanParts): Plan {
  const chance = randomOf(seed)
  const tenants = tenantNames.map((name) => ({ name, acts: actsOf(chance.fork(name), minutes * 60) }))
  return { seed, minutes, faults: faultsOf(chance.fork('faults'), minutes * 60, parts), tenants }
}

function faultsOf(chance: Random, seconds: number, { faults, processes }: PlanParts): PlannedFault[] {
  const drawn = faults.flatMap((fault) => Array<typeof fault>(weights[fault.name] ?? 1).fill(fault))
  const planned: PlannedFault[] = []
  if (drawn.length === 0) return planned
  for (let at = QUIET_SECONDS; ; ) {
    at = tenths(at + between(chance, FAULT_EVERY_SECONDS))
    const lastsSeconds = tenths(between(chance, FAULT_LASTS_SECONDS))
    if (at + lastsSeconds > seconds) return planned
    const { name, hits } = chance.pick(drawn)
    const target = chance.pick(processes.filter(({ kind }) => hits.includes(kind))).name
    planned.push({ atSeconds: at, lastsSeconds, fault: name, target, seed: chance.integer(0, 2 ** 32 - 1) })
  }
}

function actsOf(chance: Random, seconds: number): PlannedAct[] {
  const leavesAt = chance.chance(0.25) ? seconds * (0.4 + chance.next() / 2) : seconds
  const acts: PlannedAct[] = []
  for (let at = tenths(chance.next() * 5); at < leavesAt; at = tenths(at + between(chance, ACT_EVERY_SECONDS)))
    // What it has nothing to do with yet makes no sense.
    acts.push({ atSeconds: at, ...(acts.length === 0 ? order(chance) : anyAct(chance)) })
  return acts
}

type Unplaced<T> = T extends unknown ? Omit<T, 'atSeconds'> : never

function anyAct(chance: Random): Unplaced<PlannedAct> {
  const kind = chance.integer(1, 100)
  if (kind <= 35) return order(chance)
  if (kind <= 50) return job(chance)
  if (kind <= 70) return { act: 'close', which: chance.integer(0, 99) }
  if (kind <= 80) return { act: 'extend', which: chance.integer(0, 99), bySeconds: chance.integer(10, 120) }
  if (kind <= 88) return { act: 'topUp', cents: chance.integer(1, 500) }
  return { act: 'look' }
}

function order(chance: Random): Unplaced<PlannedAct> {
  const example = chance.pick(['hello', 'image'] as const)
  return { act: 'order', example, leaseSeconds: chance.integer(20, 240), ...cut(chance) }
}

function job(chance: Random): Unplaced<PlannedAct> {
  return { act: 'job', tasks: chance.integer(LEAST_TASKS, 12), leases: chance.integer(1, 2), ...cut(chance) }
}

/** One of five commands is killed in the middle. */
function cut(chance: Random): { cutAfterMs?: number } {
  return chance.chance(0.2) ? { cutAfterMs: chance.integer(1_000, 15_000) } : {}
}

function between(chance: Random, [least, most]: readonly [number, number]): number {
  return least + chance.next() * (most - least)
}

function tenths(seconds: number): number {
  return Math.round(seconds * 10) / 10
}
