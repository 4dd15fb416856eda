import { type Observation, type Probe, probesHash } from '@tender/protocol'
import type { Hex } from 'viem'

/** What a monitor knows of a lease in an era. */
export type Watched = {
  lease: Hex
  /** In the order of time. */
  probes: readonly Probe[]
  /** When the workload started, by its provider's signed word; 0: not shown. */
  startedAt: number
  /**
   * Two probes of a kind that are further apart say nothing about the time between them: the monitor itself was away. Of visits, and
   * of what the provider told.
   */
  mostGapSeconds: { visits: number; told: number }
}

/** Seconds between two probes that follow each other, and how many of the two were bad: 0, 1, 2. */
type Stretch = { from: number; to: number; bad: number }

const visits: ReadonlySet<Probe['kind']> = new Set(['http', 'tcp'])

/**
 * What is said of a lease: the share of the watched time in which it served. Between two good probes it served, between two bad
 * ones it did not, between a good and a bad one half of the time. A blind probe splits the time: nothing is said about its
 * neighbourhood. A lease serves when visitors are answered *and* its provider does not itself say that it does not run; what serves
 * no visitors goes by the provider's word alone. Pure.
 */
export function judge({ lease, probes, startedAt, mostGapSeconds }: Watched): Observation {
  const counted = probes.filter(({ outcome }) => outcome !== 'blind')
  const seen = counted.filter(({ kind }) => kind !== 'challenge')
  const challenges = counted.filter(({ kind }) => kind === 'challenge')
  const latencies = latenciesOf(seen)
  return {
    lease,
    probes: seen.length,
    upBps: upBpsOf(probes, mostGapSeconds),
    ...latencies,
    challenges: challenges.length,
    answered: challenges.filter(({ outcome }) => outcome === 'good').length,
    startedAt,
    evidence: probesHash(probes),
  }
}

function upBpsOf(probes: readonly Probe[], mostGapSeconds: Watched['mostGapSeconds']): number {
  const visited = probes.filter(({ kind }) => visits.has(kind))
  const told = probes.filter(({ kind }) => kind === 'health')
  const main = visited.some(({ outcome }) => outcome !== 'blind') ? visited : told
  const stretches = stretchesOf(main, main === told ? mostGapSeconds.told : mostGapSeconds.visits)
  const watched = stretches.reduce((sum, { from, to }) => sum + (to - from), 0)
  // A single moment was seen.
  if (watched === 0) return shareGood(main)
  const denied = stretchesOf(told, mostGapSeconds.told)
  const halves = stretches.reduce((sum, stretch) => sum + goodHalves(stretch, denied), 0)
  return Math.floor((10_000 * halves) / (2 * watched))
}

function stretchesOf(probes: readonly Probe[], mostGapSeconds: number): Stretch[] {
  return probes.slice(1).flatMap((probe, index) => {
    const before = probes[index]
    if (!before || before.outcome === 'blind' || probe.outcome === 'blind') return []
    if (probe.at - before.at > mostGapSeconds) return []
    const bad = Number(before.outcome === 'bad') + Number(probe.outcome === 'bad')
    return [{ from: before.at, to: probe.at, bad }]
  })
}

/** Half seconds of a stretch that count as served: of its own verdict and the provider's the worse, moment by moment. */
function goodHalves({ from, to, bad }: Stretch, denied: readonly Stretch[]): number {
  const lost = denied.reduce((sum, other) => {
    const overlap = Math.max(0, Math.min(to, other.to) - Math.max(from, other.from))
    return sum + overlap * Math.max(0, other.bad - bad)
  }, 0)
  return (to - from) * (2 - bad) - lost
}

function shareGood(probes: readonly Probe[]): number {
  const counted = probes.filter(({ outcome }) => outcome !== 'blind')
  const good = counted.filter(({ outcome }) => outcome === 'good').length
  return counted.length === 0 ? 0 : Math.floor((10_000 * good) / counted.length)
}

function latenciesOf(probes: readonly Probe[]): Pick<Observation, 'latencyMs' | 'spreadMs'> {
  const sorted = probes.filter(({ outcome }) => outcome === 'good').map((probe) => probe.latencyMs)
  sorted.sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
  const median = at(0.5)
  return { latencyMs: median, spreadMs: at(0.9) - median }
}
