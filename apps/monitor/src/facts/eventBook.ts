import { bytes32Schema, type Terms, termsSchema } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import type { CommonEvent, FactEvent, LeaseEvent, Place } from './factEvent.ts'

const block = z.int().min(0)
const uint = z.bigint().min(0n)

/** All that the chain said of one lease, with the blocks in which it did. */
export type LeaseHistory = {
  lease: Hex
  terms: Terms
  /** Block in which it was opened. */
  opened: number
  ends: { block: number; end: number }[]
  closings: { block: number; closedAt: number; reason: number }[]
  payments: { block: number; paid: bigint; fee: bigint }[]
  /** Block in which its units came back. */
  released?: number | undefined
  /** Block after which nothing is paid for it any more. */
  resolved?: number | undefined
}

export const leaseHistorySchema = z.strictObject({
  lease: bytes32Schema,
  terms: termsSchema,
  opened: block,
  ends: z.array(z.strictObject({ block, end: z.int() })),
  closings: z.array(z.strictObject({ block, closedAt: z.int(), reason: z.int() })),
  payments: z.array(z.strictObject({ block, paid: uint, fee: uint })),
  released: block.optional(),
  resolved: block.optional(),
}) satisfies z.ZodType<LeaseHistory>

/** An event about the market as a whole, at its place. */
export type PlacedEvent = CommonEvent & Place

/** Events as they happened, by lease and for the market: what happened up to any block can be read, or taken back from any on. */
export type EventBook = {
  /** In the order in which they were opened. */
  leases(): Iterable<LeaseHistory>
  lease(id: Hex): LeaseHistory | undefined
  /** In the chain's order. */
  common(): readonly PlacedEvent[]
  /** Takes an event; those of one chain in their order. */
  apply(event: FactEvent): void
  /** Takes back everything from block `from` on. */
  undo(from: number): void
  /** Forgets a lease that no report can depend on any more. */
  forget(lease: Hex): void
  /** Rises with every change. */
  version(): number
  /** What changed since the last call: ids of leases, and the first block whose other events did. */
  takeChanges(): { leases: Hex[]; commonFrom: number | undefined }
}

/** An empty book, or one of what an earlier one held. */
export function createEventBook(kept: { leases: readonly LeaseHistory[]; common: readonly PlacedEvent[] }): EventBook {
  const leases = new Map(kept.leases.map((lease) => [lease.lease, lease]))
  let common = [...kept.common]
  let version = 0
  let changed: { leases: Set<Hex>; commonFrom: number | undefined } = { leases: new Set(), commonFrom: undefined }

  function touchCommon(block: number): void {
    version++
    changed.commonFrom = Math.min(block, changed.commonFrom ?? block)
  }

  function touch(id: Hex): void {
    version++
    changed.leases.add(id)
  }

  function update(id: Hex, change: (lease: LeaseHistory) => LeaseHistory | undefined): void {
    const before = leases.get(id)
    // Of a lease that was forgotten, or of another contract's making.
    const after = before && change(before)
    if (before === after) return
    if (after) leases.set(id, after)
    else leases.delete(id)
    touch(id)
  }

  return {
    leases: () => leases.values(),
    lease: (id) => leases.get(id),
    common: () => common,
    apply(event) {
      if (!isLeaseEvent(event)) {
        common.push(event)
        touchCommon(event.block)
      } else if (event.type === 'opened') {
        leases.set(event.lease, opened(event))
        touch(event.lease)
      } else {
        update(event.lease, (lease) => withEvent(lease, event))
      }
    },
    undo(from) {
      for (const id of [...leases.keys()]) update(id, (lease) => before(lease, from))
      const left = common.filter((event) => event.block < from)
      if (left.length < common.length) touchCommon(from)
      common = left
    },
    forget: (id) => update(id, () => undefined),
    version: () => version,
    takeChanges() {
      const taken = { ...changed, leases: [...changed.leases] }
      changed = { leases: new Set(), commonFrom: undefined }
      return taken
    },
  }
}

type LeaseChange = Exclude<LeaseEvent, { type: 'opened' }> & Place

function isLeaseEvent(event: FactEvent): event is LeaseEvent & Place {
  return 'lease' in event && event.type !== 'dispute'
}

function opened({ lease, terms, end, block }: Extract<LeaseEvent, { type: 'opened' }> & Place): LeaseHistory {
  return { lease, terms, opened: block, ends: [{ block, end }], closings: [], payments: [] }
}

function withEvent(lease: LeaseHistory, event: LeaseChange): LeaseHistory {
  const { block } = event
  switch (event.type) {
    case 'extended':
      return { ...lease, ends: [...lease.ends, { block, end: event.end }] }
    case 'ended':
      return { ...lease, closings: [...lease.closings, { block, closedAt: event.closedAt, reason: event.reason }] }
    case 'settled':
      return { ...lease, payments: [...lease.payments, { block, paid: event.paid, fee: event.fee }] }
    case 'released':
      return { ...lease, released: lease.released ?? block }
    case 'resolved':
      return { ...lease, resolved: lease.resolved ?? block }
  }
}

/** What the lease was before block `from`; `undefined`: it was not. */
function before(lease: LeaseHistory, from: number): LeaseHistory | undefined {
  if (lease.opened >= from) return undefined
  if (lastChange(lease) < from) return lease
  const { ends, closings, payments, released, resolved, ...rest } = lease
  const early = <T extends { block: number }>(list: readonly T[]) => list.filter(({ block }) => block < from)
  return {
    ...rest,
    ends: early(ends),
    closings: early(closings),
    payments: early(payments),
    ...(released !== undefined && released < from && { released }),
    ...(resolved !== undefined && resolved < from && { resolved }),
  }
}

/** The newest block that said something of the lease. */
export function lastChange({ opened, ends, closings, payments, released = 0, resolved = 0 }: LeaseHistory): number {
  return Math.max(opened, released, resolved, ...[...ends, ...closings, ...payments].map(({ block }) => block))
}
