import { createDraw } from '@tender/protocol'
import type { MarketClient } from '@tender/sdk'
import { type Address, concatHex, type Hex, hexToBytes, isAddressEqual } from 'viem'
import { lastBoundary } from './eras/schedule.ts'
import { blockAt, type ChainBlock, readBlock } from './facts/blockAt.ts'
import { type EraTiming, REDUNDANCY } from './facts/chainFacts.ts'
import type { ChainView } from './facts/chainView.ts'
import type { EventBook, LeaseHistory } from './facts/eventBook.ts'
import { seedBlockOf, stopAt } from './facts/factsAt.ts'
import { lowerCase } from './facts/lowerCase.ts'
import type { WatchedLease } from './probe/watchedLease.ts'

export type AssignmentsOptions = {
  me: Address
  client: MarketClient
  timing: EraTiming
  book: Pick<EventBook, 'leases' | 'version'>
  chain: Pick<ChainView, 'next' | 'monitors'>
  /** Told what this monitor has to look at, whenever that changes. */
  watch(era: bigint, leases: readonly WatchedLease[]): Promise<void>
}

/** The era that runs: its number, and when it began as far as can be known before it is reported. */
type Running = { era: bigint; from: number }

/** Draws this monitor's leases as they are opened and as eras begin. */
export type Assignments = {
  /** Told each new head. */
  update(head: ChainBlock): Promise<void>
  /** What is looked at now. */
  leases(): readonly WatchedLease[]
}

/** A block that is older is not taken back. */
const SETTLED_BLOCKS = 256
/** One that is younger may well be: who was drawn by it is looked at again. */
const UNSETTLED_BLOCKS = 8

export function createAssignments({ me, client, timing, book, chain, watch }: AssignmentsOptions): Assignments {
  const seeds = new Map<number, Hex>()
  let began: { from: number; block: ChainBlock } | undefined
  let watched: readonly WatchedLease[] = []
  let told = ''
  let drawnFrom = ''
  let waiting = false

  function running(time: number): Running {
    const { era, after } = chain.next()
    const boundary = lastBoundary(timing, after, time)
    return boundary === undefined ? { era, from: after } : { era: era + 1n, from: boundary }
  }

  /** The last block before the era; looked for again if it was taken back. */
  async function beginning({ from }: Running, head: ChainBlock): Promise<number> {
    const known = began?.from === from ? began.block : undefined
    if (known && (await readBlock(client, known.number)).hash === known.hash) return Number(known.number)
    const block = (await blockAt(client, from, head)) ?? head
    began = { from, block }
    return Number(block.number)
  }

  /** The hash that draws a lease's monitors, once that block is there. */
  async function seedAt(block: number, head: ChainBlock): Promise<Hex | undefined> {
    if (block > Number(head.number)) return undefined
    const known = seeds.get(block)
    if (known) return known
    const { hash } = await readBlock(client, BigInt(block))
    // A block that may be taken back is asked for again.
    if (block <= Number(head.number) - SETTLED_BLOCKS) seeds.set(block, hash)
    return hash
  }

  function isOpen(lease: LeaseHistory, { from }: Running): boolean {
    return isAddressEqual(lease.terms.verifier, client.book.contracts.eraReports) && stopOf(lease) > from
  }

  return {
    leases: () => watched,
    async update(head) {
      const era = running(head.timestamp)
      const fromBlock = await beginning(era, head)
      const monitors = chain.monitors()
      // A market's leases are not drawn again at every block.
      const basis = `${book.version()} ${era.era} ${fromBlock} ${JSON.stringify(monitors)}`
      if (basis === drawnFrom && !waiting) return
      waiting = false
      const draw = createDraw(monitors, REDUNDANCY)
      const mine = monitors.findIndex(({ monitor }) => monitor === lowerCase(me))
      const hashes = new Map<number, Hex | undefined>()
      const drawn: WatchedLease[] = []
      for (const lease of book.leases()) {
        if (mine < 0 || !isOpen(lease, era)) continue
        const block = seedBlockOf(lease, fromBlock)
        if (!hashes.has(block)) hashes.set(block, await seedAt(block, head))
        const seed = hashes.get(block)
        // The block that draws it is not there, or may be taken back yet.
        if (block > Number(head.number) - UNSETTLED_BLOCKS) waiting = true
        if (seed && draw(hexToBytes(concatHex([seed, lease.lease]))).includes(mine)) drawn.push(watchedLeaseOf(lease))
      }
      watched = drawn
      drawnFrom = basis
      const key = `${era.era} ${drawn.map(({ lease, stop }) => `${lease}${stop}`).join()}`
      if (key === told) return
      await watch(era.era, drawn)
      told = key
    },
  }
}

function stopOf(lease: LeaseHistory): number {
  return stopAt(lease, Number.MAX_SAFE_INTEGER).stop
}

export function watchedLeaseOf(lease: LeaseHistory): WatchedLease {
  const { provider, order, start, startWindow } = lease.terms
  return { lease: lease.lease, provider, order, start, stop: stopOf(lease), startWindow }
}
