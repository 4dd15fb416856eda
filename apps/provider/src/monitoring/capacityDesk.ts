import { availableParallelism } from 'node:os'
import type { Driver } from '@tender/driver'
import { BusyError, type CapacityTask, solveCapacity } from '@tender/network'
import { type Manifest, TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import type { Capacity } from '../market/sale.ts'

export type CapacityDeskOptions = {
  provider: bigint
  drivers: readonly Driver[]
  /** Whoever was promised memory. */
  leases: { live(): readonly { manifest?: Manifest | undefined }[] }
  capacity(resource: Hex): Promise<Capacity>
  /** Most memory that a task may take; absent: what no lease was promised. */
  mostMemoryBytes: number | undefined
  /** Works a task out. */
  solve?: typeof solveCapacity
}

/** Works on monitors' tasks, one at a time. */
export type CapacityDesk = {
  /**
   * Tags of the first units: as many as are free on the chain and whose memory is here at the same time, without what leases were
   * promised.
   *
   * @throws {BusyError} too many tasks wait; {TenderError} `taskTooLarge`, `capacityFailed`
   */
  work(task: CapacityTask, signal: AbortSignal): Promise<readonly Hex[]>
}

/** One of each resource class, from two moments. */
const MOST_WAITING = 8
/** A unit of the largest class has 4 GiB; more would only be to wear this host out. */
const MOST_KIB_PER_UNIT = 4 * 1024 ** 2
const MOST_PASSES = 4
/** The host itself lives too. */
const SPARE_SHARE = 0.1

export function createCapacityDesk(options: CapacityDeskOptions): CapacityDesk {
  const { provider, capacity, solve = solveCapacity } = options
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0

  async function solveNow(task: CapacityTask, signal: AbortSignal): Promise<readonly Hex[]> {
    signal.throwIfAborted()
    const { committedUnits, leasedUnits } = await capacity(task.resource)
    const room = await freeMemoryBytes(options, signal)
    const fitting = Math.floor(room / (task.memoryKib * 1024))
    const units = Math.min(task.units, Math.max(0, committedUnits - leasedUnits), fitting)
    if (units === 0) return []
    const threads = Math.min(units, availableParallelism())
    return solve({ task: { ...task, units }, provider, threads }, signal)
  }

  return {
    async work(task, signal) {
      const { memoryKib, passes } = task
      if (memoryKib > MOST_KIB_PER_UNIT || passes > MOST_PASSES) throw tooLarge(task)
      if (waiting >= MOST_WAITING) throw new BusyError('tooManyStreams')
      waiting++
      const turn = last
      const done = turn.then(() => solveNow(task, signal)).finally(() => waiting--)
      last = done.catch(() => {})
      return done
    },
  }
}

/** What a task may take of this host: never what leases were promised, even if they do not use it now. */
async function freeMemoryBytes(options: CapacityDeskOptions, signal: AbortSignal): Promise<number> {
  const { drivers, leases, mostMemoryBytes = Number.POSITIVE_INFINITY } = options
  const reports = await Promise.all(drivers.map(({ probe }) => probe(signal)))
  const hosts = reports.flatMap((report) => (report.healthy ? [report] : []))
  const promised = leases.live().reduce((sum, { manifest }) => sum + (manifest?.brief.memoryBytes ?? 0), 0)
  const room = hosts.map(({ memoryBytesTotal, memoryBytesFree }) => {
    const spare = memoryBytesTotal * SPARE_SHARE
    return Math.min(memoryBytesTotal - promised, memoryBytesFree) - spare
  })
  return hosts.length === 0 ? 0 : Math.max(0, Math.min(mostMemoryBytes, ...room))
}

function tooLarge({ memoryKib, passes }: CapacityTask): TenderError {
  return new TenderError(`a task of ${memoryKib} KiB and ${passes} passes per unit is more than a unit has`, {
    code: 'taskTooLarge',
    class: 'limit',
    data: { memoryKib, passes },
  })
}
