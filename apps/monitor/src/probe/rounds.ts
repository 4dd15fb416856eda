import type { Logger } from '@tender/kit'
import type { Hex } from 'viem'
import type { Blindness } from '../mesh/blindness.ts'
import { createSuspicions, type Round, type Suspicion } from '../vanish/suspicions.ts'
import type { Asked, LeaseEyes, Seen } from './lookAtLease.ts'
import { nextMoment, seedOf } from './poisson.ts'
import type { ProbeStore } from './probeStore.ts'
import { createTimetable } from './timetable.ts'
import type { WatchConfig } from './watchConfig.ts'
import type { WatchedLease } from './watchedLease.ts'

export type RoundsOptions = {
  eyes: LeaseEyes
  blindness: Pick<Blindness, 'around'>
  probes: ProbeStore
  config: WatchConfig
  suspect(suspicion: Suspicion): void
  nowSeconds(): number
  log: Logger
}

/** Looks at leases at times of their own, and keeps what it sees. */
export type Rounds = {
  /** From now on these, at times drawn from `secret`. */
  watch(secret: Hex, leases: readonly WatchedLease[]): void
  /** Resolves once nothing that was begun before is left. */
  settled(): Promise<void>
  run(signal: AbortSignal): Promise<void>
}

export function createRounds(options: RoundsOptions): Rounds {
  const { eyes, blindness, probes, config, nowSeconds, log } = options
  const timetable = createTimetable({ nowMs: Date.now, mostAtOnce: config.probe.mostAtOnce })
  const suspicions = createSuspicions(config.vanishedAfterSeconds)
  const underWay = new Set<Promise<void>>()
  const stopping = new AbortController()
  let leases = new Map<Hex, WatchedLease>()
  let drawnFrom: Hex | undefined

  /** Does something that nobody waits for but {@link Rounds.settled}. */
  function aside(work: Promise<void>): Promise<void> {
    const done = work
      .catch((error) => {
        if (!stopping.signal.aborted) log.warn({ error }, 'a lease could not be looked at')
      })
      .finally(() => underWay.delete(done))
    underWay.add(done)
    return done
  }

  /** Keeps probes once it is known whether this monitor saw anything at all. `alive`: what a whole round showed. */
  async function keep(lease: WatchedLease, seen: readonly Seen[], alive?: boolean): Promise<void> {
    if (seen.length === 0) return
    const isBlind = await blindness.around(
      Math.min(...seen.map(({ fromMs }) => fromMs)),
      Math.max(...seen.map(({ toMs }) => toMs)),
    )
    // Cut off because it stops: it says nothing about anybody.
    if (stopping.signal.aborted) return
    for (const { at, kind, outcome, latencyMs, detail } of seen) {
      probes.add(lease.lease, { at, kind, outcome: isBlind ? 'blind' : outcome, latencyMs, detail })
    }
    if (alive !== undefined && !isBlind) follow(lease, { at: Math.min(...seen.map(({ at }) => at)), alive })
  }

  function follow({ lease }: WatchedLease, round: Round): void {
    const verdict = suspicions.note(lease, round)
    if (verdict.state === 'again') plan(lease, verdict.at)
    if (verdict.state !== 'vanished') return
    const { since } = verdict
    options.suspect({ lease, endedAt: since, probes: probes.probes(lease, { from: since, until: nowSeconds() + 1 }) })
  }

  /** One more round, before the next by chance. */
  function plan(lease: Hex, at: number): void {
    let left: number | undefined = Date.now() + Math.max(0, at - nowSeconds()) * 1000
    timetable.set(`again/${lease}`, {
      next() {
        const atMs = left
        left = undefined
        return atMs
      },
      run: () => perform('again', lease),
    })
  }

  const visitIfDue = async (lease: WatchedLease, signal: AbortSignal) =>
    eyes.isDue(lease) ? eyes.visit(lease, signal) : undefined

  /** The user path, and, if it is bad, at once what its provider says. */
  async function visit(lease: WatchedLease, signal: AbortSignal): Promise<void> {
    const visited = await visitIfDue(lease, signal)
    if (visited?.outcome === 'good') return void aside(keep(lease, [visited], true))
    await conclude(lease, visited, await eyes.ask(lease, signal), signal)
  }

  /** The round after a silent one: both at once, so that two rounds of somebody who is gone do not take long. */
  async function lookAgain(lease: WatchedLease, signal: AbortSignal): Promise<void> {
    const [visited, asked] = await Promise.all([visitIfDue(lease, signal), eyes.ask(lease, signal)])
    await conclude(lease, visited, asked, signal)
  }

  async function conclude(
    lease: WatchedLease,
    visited: Seen | undefined,
    asked: Asked,
    signal: AbortSignal,
  ): Promise<void> {
    const { seen, reached, moved } = asked
    if (reached === undefined && !eyes.hasAddress(lease)) return
    // Only if it is elsewhere: who serves just after a challenge must not get a second chance.
    const found = visited?.outcome === 'bad' && moved ? await eyes.visit(lease, signal) : visited
    const alive = found?.outcome === 'good' || reached
    void aside(keep(lease, found ? [found, ...seen] : seen, alive))
  }

  async function challenge(lease: WatchedLease, signal: AbortSignal): Promise<void> {
    const { seen, reached } = await eyes.ask(lease, signal)
    // Silence alone says little about a lease that serves visitors.
    const alive = reached || (eyes.servesVisitors(lease) ? undefined : reached)
    void aside(keep(lease, seen, alive))
  }

  async function perform(task: keyof typeof tasks, id: Hex): Promise<void> {
    const lease = leases.get(id)
    const now = nowSeconds()
    if (!lease || now < lease.start || now >= lease.stop) return
    await aside(tasks[task](lease, stopping.signal))
  }

  const tasks = { visit, challenge, again: lookAgain }

  function schedule(task: 'visit' | 'challenge', lease: Hex, secret: Hex): void {
    const { meanSeconds } = task === 'visit' ? config.probe : config.challenge
    const process = { seed: seedOf(secret, lease, task), meanMs: meanSeconds * 1000 }
    timetable.set(`${task}/${lease}`, {
      next: (afterMs) => nextMoment(process, afterMs),
      run: () => perform(task, lease),
    })
  }

  return {
    watch(secret, wanted) {
      const before = drawnFrom === secret ? leases : new Map<Hex, WatchedLease>()
      const next = new Map(wanted.map((lease) => [lease.lease, lease]))
      const gone = [...leases.keys()].filter((lease) => !next.has(lease))
      leases = next
      drawnFrom = secret
      for (const lease of gone) {
        suspicions.forget(lease)
        for (const task of Object.keys(tasks)) timetable.delete(`${task}/${lease}`)
      }
      for (const lease of leases.keys()) {
        if (before.has(lease)) continue
        schedule('visit', lease, secret)
        schedule('challenge', lease, secret)
      }
    },
    async settled() {
      await Promise.all(underWay)
      // What those began to keep.
      await Promise.all(underWay)
    },
    async run(signal) {
      signal.addEventListener('abort', () => stopping.abort(signal.reason), { once: true })
      await timetable.run(signal)
      await Promise.all(underWay)
    },
  }
}
