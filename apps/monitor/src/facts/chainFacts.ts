import { capacityRegistryAbi, eraReportsAbi } from '@tender/abi'
import { type EraFacts, type EraMonitor, TenderError } from '@tender/protocol'
import { type MarketClient, watchMarket } from '@tender/sdk'
import type { Hex } from 'viem'
import { blockAt, type ChainBlock, readBlock } from './blockAt.ts'
import { createEventBook, type EventBook } from './eventBook.ts'
import { factEventOf } from './factEvent.ts'
import { type FactWindow, factsAt, seedBlocks } from './factsAt.ts'
import { monitorsOf } from './members.ts'

/** Of the market's reports, fixed at deployment. */
export type EraTiming = { genesis: number; eraSeconds: number; activationDelay: number }

/** Monitors per lease. */
export const REDUNDANCY = 5

/** How many eras a lease is listed after its stop, so that its rating and a recount still count. */
export const TAIL_ERAS = 2

/** What is asked for: a report's number, the previous one's `coveredUntil`, and its own. */
export type EraSpan = { era: bigint; from: number; until: number }

/** An era's facts, and who may sign its report: those whose weight counts when the era ends. */
export type ReportBasis = { facts: EraFacts; signers: readonly EraMonitor[] }

export type BookFacts = {
  client: MarketClient
  book: Pick<EventBook, 'leases' | 'common'>
  timing: EraTiming
}

/**
 * An era's facts from a book that knows the chain up to `head`; `undefined` while the chain has no block after the era's end.
 *
 * @throws {TenderError} `blockMissing` if the chain rolled back meanwhile
 */
export async function basisOf(sources: BookFacts, span: EraSpan, head: ChainBlock): Promise<ReportBasis | undefined> {
  const { client, book, timing } = sources
  const [first, last] = await Promise.all([blockAt(client, span.from, head), blockAt(client, span.until, head)])
  if (!first || !last) return undefined
  const eraAt = (timestamp: number) => Math.floor((timestamp - timing.genesis) / timing.eraSeconds)
  const { number, hash, timestamp } = last
  const window: FactWindow = {
    ...span,
    fromBlock: Number(first.number),
    block: { number, hash },
    clockEra: eraAt(timestamp),
  }
  const listing = {
    book,
    window,
    reports: client.book.contracts.eraReports,
    tailSeconds: TAIL_ERAS * timing.eraSeconds,
  }
  const [firstPenaltyBps, hashes] = await Promise.all([
    readFirstPenalties(client, book),
    readHashes(client, seedBlocks(listing)),
  ])
  const facts = factsAt({ ...listing, firstPenaltyBps, redundancy: REDUNDANCY, hashOf: (block) => hashes.get(block) })
  const known = book.common().filter(({ block }) => block <= Number(number))
  return { facts, signers: monitorsOf(known, eraAt(span.until)) }
}

/**
 * The facts of an era from the chain alone, for who was not there: reads the market's whole history.
 *
 * @throws {TenderError} `eraNotOver`; {RpcUnreachableError}
 *
 * @example
 * const { facts } = await readFacts(market, { era: 3n, from: 1795234560, until: 1795234590 })
 */
export async function readFacts(client: MarketClient, span: EraSpan, signal: AbortSignal): Promise<ReportBasis> {
  const book = createEventBook({ leases: [], common: [] })
  const [head, timing] = await Promise.all([readHead(client), readTiming(client)])
  for await (const update of watchMarket(client, { signal })) {
    if (update.type === 'reorg') book.undo(update.fromBlock)
    else if (update.type !== 'synced') take(book, update)
    else if (BigInt(update.cursor.block) >= head.number) break
  }
  signal.throwIfAborted()
  const basis = await basisOf({ client, book, timing }, span, head)
  if (basis) return basis
  throw new TenderError(`the chain has no block after ${span.until}`, { code: 'eraNotOver', class: 'conflict' })
}

function take(book: EventBook, event: Parameters<typeof factEventOf>[0]): void {
  const found = factEventOf(event)
  if (found) book.apply(found)
}

/** The chain's newest block. */
export async function readHead(client: MarketClient): Promise<ChainBlock> {
  return readBlock(client, await client.rpc.getBlockNumber())
}

/** When eras end and how long reports are pending. */
export async function readTiming(client: MarketClient): Promise<EraTiming> {
  const reports = { address: client.book.contracts.eraReports, abi: eraReportsAbi } as const
  const [genesis, { eraSeconds, activationDelay }] = await Promise.all([
    client.rpc.readContract({ ...reports, functionName: 'genesis' }),
    client.rpc.readContract({ ...reports, functionName: 'timing' }),
  ])
  return { genesis, eraSeconds, activationDelay }
}

async function readHashes(client: MarketClient, blocks: readonly number[]): Promise<Map<number, Hex>> {
  const read = await Promise.all(blocks.map(async (block) => [block, await readBlock(client, BigInt(block))] as const))
  return new Map(read.map(([block, { hash }]) => [block, hash]))
}

/**
 * What leaving a lease cost at first, of which no event tells: as it is now, or was before the first change. Only the latter needs
 * a node that keeps old states.
 */
async function readFirstPenalties(client: MarketClient, book: Pick<EventBook, 'common'>) {
  const change = book.common().find(({ type }) => type === 'penalty')
  const address = client.book.contracts.capacityRegistry
  const read = (tier: bigint) =>
    client.rpc.readContract({
      address,
      abi: capacityRegistryAbi,
      functionName: 'penaltyBps',
      args: [tier],
      ...(change && { blockNumber: BigInt(change.block - 1) }),
    })
  return Promise.all([read(0n), read(1n), read(2n)])
}
