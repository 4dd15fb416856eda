import type { Collection } from '@tender/kit'
import type { Hex } from 'viem'
import { z } from 'zod'
import type { Serves } from '../mesh/promises.ts'

export const leaseMemorySchema = z.strictObject({
  /** By its order's brief; absent: the order was not heard. */
  serves: z.enum(['http', 'tls', 'nothing']).optional(),
  /** Where it answers, as its provider last signed; '' is nowhere. */
  url: z.string().optional(),
  /** How often that changed in the era. */
  urlChanges: z.int(),
  era: z.bigint(),
  /** When its provider signed that it started. */
  startedAt: z.int(),
})

/** What a monitor knows of a lease that is not a probe. Outlives a restart: a provider that died says nothing more. */
export type LeaseMemory = z.output<typeof leaseMemorySchema>

export type LeaseMemories = {
  get(lease: Hex): LeaseMemory
  /** A new era counts anew. */
  enter(lease: Hex, era: bigint, serves: Serves | undefined): void
  update(lease: Hex, change: Partial<LeaseMemory>): void
  /** Forgets leases that were not entered since an era. */
  forget(before: bigint): void
}

const unknown: LeaseMemory = { urlChanges: 0, era: 0n, startedAt: 0 }

export function createLeaseMemories(kept: Collection<LeaseMemory>): LeaseMemories {
  const known = new Map<string, LeaseMemory>(kept.entries().map(({ key, value }) => [key, value]))

  function update(lease: Hex, change: Partial<LeaseMemory>): void {
    const memory = { ...(known.get(lease) ?? unknown), ...change }
    known.set(lease, memory)
    kept.set(lease, memory)
  }
  return {
    get: (lease) => known.get(lease) ?? unknown,
    enter(lease, era, serves) {
      const before = known.get(lease)
      if (before?.era === era && (before.serves !== undefined || serves === undefined)) return
      update(lease, { ...(before?.era !== era && { era, urlChanges: 0 }), ...(serves && { serves }) })
    },
    update,
    forget(before) {
      for (const [lease, { era }] of known) {
        if (era >= before) continue
        known.delete(lease)
        kept.delete(lease)
      }
    },
  }
}
