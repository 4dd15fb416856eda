import type { Sample } from './sample.ts'
import { median, type Point, secondHalf, slopeOf } from './slope.ts'

/** How far something may climb in the second half of a run: the larger of the two. */
type Limit = {
  /** In its own unit, however long the run is: nothing smaller can be told from what comes and goes. */
  least: number
  /** Of its median, in an hour. */
  share: number
}

/** One line that was sampled, and what it did in the second half of the run. */
export type Climb = {
  what: string
  unit: 'MiB' | 'handles' | 'threads'
  /** Median of the second half. */
  median: number
  perHour: number
  perLease: number
  /** How far it climbed in that half. */
  climbed: number
  /** Most that it may climb in that half; absent for what is only told, such as what must be kept. */
  limit: number | undefined
  climbs: boolean
}

const MIB = 2 ** 20
const memoryLimit: Limit = { least: 8, share: 0.05 }
/**
 * Of the whole process. SQLite keeps at most 2 MiB of pages of each of seven daemons' databases, and takes most of an hour to have read so
 * many: 5 MiB after one minute and 10 after twelve, while nothing else grew that is allocated outside of V8 (told by jemalloc's profiles).
 */
const processMemoryLimit: Limit = { least: 8 + 7 * 2, share: 0.05 }
/**
 * anvil keeps every block in memory, and 128 states in each of which there is one more block hash with every block, up to 8,191 of them
 * (EIP-2935): some 40 KiB for each block, of which one comes every two seconds at least.
 */
const chainMemoryLimit: Limit = { least: 64, share: 0.05 }
/** A lease that left one handle behind would leave as many as there are leases: some hundred. */
const countLimit: Limit = { least: 8, share: 0.05 }
/**
 * anvil keeps every thread that it ever needed at once while there is steady work, 512 at most: 29 after 400 calls at once, 29 after 40 s of a
 * hundred calls a second, and four again after 14 s without any.
 */
const chainThreadLimit: Limit = { least: 512, share: 0 }
/** For what should not grow at all once it is there. */
const diskLimit: Limit = { least: 1, share: 0.05 }

/** Parts of the market's directory that grow by what must be kept, and why. */
export const kept: Readonly<Record<string, string>> = {
  'chain.json': 'every block and transaction: a chain forgets nothing',
  gateway: 'the index of what is on the chain, and its write-ahead log',
  providers: 'what providers signed, ran and were paid, for as long as it can be disputed',
  monitors: 'what monitors saw and signed, for 64 eras',
  logs: 'what daemons log: at most 24 MB each',
}

/** Roles whose processes live as long as the market. Those of leases come and go with them. */
const lasting = ['market', 'chain']

/** Says of all that was sampled whether it climbs. */
export function judge(samples: readonly Sample[]): Climb[] {
  const late = secondHalf(samples.map((sample) => ({ ...sample, value: 0 })))
  const lateSamples = samples.filter(({ seconds }) => seconds >= (late[0]?.seconds ?? 0))
  const line = (
    what: string,
    unit: Climb['unit'],
    limit: Limit | undefined,
    read: (sample: Sample) => number | undefined,
  ) => climbOf({ what, unit, limit, samples: lateSamples, read })
  const threads = names(samples, ({ heapBytes = {} }) => heapBytes)
  const parts = names(samples, ({ disk }) => disk)
  return [
    // Right after garbage was collected: how much of it there is otherwise depends on when somebody looks.
    line(
      'market: memory',
      'MiB',
      processMemoryLimit,
      ({ roles, heapBytes }) => heapBytes && mib(roles.market?.residentBytes),
    ),
    line('chain: memory', 'MiB', chainMemoryLimit, ({ roles }) => mib(roles.chain?.residentBytes)),
    ...threads.map((name) => line(`${name}: heap`, 'MiB', memoryLimit, ({ heapBytes }) => mib(heapBytes?.[name]))),
    line('market: outside of heaps', 'MiB', memoryLimit, ({ outsideBytes }) => mib(outsideBytes)),
    ...lasting.map((role) => line(`${role}: handles`, 'handles', countLimit, ({ roles }) => roles[role]?.handles)),
    line('market: threads', 'threads', countLimit, ({ roles }) => roles.market?.threads),
    line('chain: threads', 'threads', chainThreadLimit, ({ roles }) => roles.chain?.threads),
    ...parts.map((part) =>
      line(`disk: ${part}`, 'MiB', part in kept ? undefined : diskLimit, ({ disk }) => mib(disk[part])),
    ),
  ]
}

type Line = {
  what: string
  unit: Climb['unit']
  limit: Limit | undefined
  samples: readonly Sample[]
  read(sample: Sample): number | undefined
}

function climbOf({ what, unit, limit, samples, read }: Line): Climb {
  const points = samples.flatMap((sample): (Point & { leases: number })[] => {
    const value = read(sample)
    return value === undefined ? [] : [{ seconds: sample.seconds, leases: sample.leases, value }]
  })
  const middle = median(points.map(({ value }) => value))
  const perLease = slopeOf(points.map(({ leases, value }) => ({ seconds: leases, value })))
  const hours = ((points.at(-1)?.seconds ?? 0) - (points[0]?.seconds ?? 0)) / 3600
  const perHour = slopeOf(points) * 3600
  const climbed = perHour * hours
  const most = limit && Math.max(limit.least, limit.share * middle * hours)
  return {
    what,
    unit,
    median: middle,
    perHour,
    perLease,
    climbed,
    limit: most,
    climbs: most !== undefined && climbed > most,
  }
}

function mib(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / MIB
}

function names(samples: readonly Sample[], of: (sample: Sample) => Readonly<Record<string, unknown>>): string[] {
  return [...new Set(samples.flatMap((sample) => Object.keys(of(sample))))].sort()
}
