import { setTimeout as sleep } from 'node:timers/promises'
import { type Logger, retryDelayMs } from '@tender/kit'
import { failureClass } from '@tender/protocol'
import type { MarketClient } from '@tender/sdk'
import type { Store } from '../store/openStore.ts'
import { headOf, type Known, lastCommon, type Range, readStep } from './chainReader.ts'
import { checkChain, readMarketFacts } from './checkChain.ts'
import { type RowMemory, trimMemory } from './draft.ts'
import { isRefusal, nodeBehind, otherChain } from './indexErrors.ts'
import { createProgress, type IndexerStatus } from './progress.ts'
import { createRangeSize } from './rangeSize.ts'
import { readFacts } from './readFacts.ts'
import type { MarketFacts } from './step.ts'
import { emptyChainTables, undoBlocks } from './undoBlocks.ts'
import { type CursorRow, firstCursor, keptBlocks, readCursor, setCursor, writeStep } from './writeStep.ts'

export type IndexerOptions = {
  client: MarketClient
  store: Store
  log: Logger
  /** Blocks below the head from which on nobody takes them back; those above can be undone. @default 128 */
  finalityDepth?: number | undefined
  /** Empties a database of another chain rather than refusing it: for a market that is made anew now and then. @default false */
  startOver?: boolean | undefined
}

export type Indexer = {
  status(): IndexerStatus
  /** Resolves once the database knows the chain up to this block. @throws the signal's reason */
  reached(block: number, signal: AbortSignal): Promise<void>
  /**
   * Reads the chain into the database until aborted, through outages of either.
   *
   * @throws {TenderError} `otherMarket`, `otherChain`: the database is of another one, and nothing was changed
   */
  run(signal: AbortSignal): Promise<void>
}

/** Blocks read at a time where each can be taken back. */
const LIVE_BLOCKS = 64
const DEFAULT_DEPTH = 128

/**
 * Follows a market's chain into the database. It alone writes what comes from the chain. Each step is one transaction with the cursor,
 * so it may be stopped at any moment; blocks that the chain takes back are undone exactly.
 *
 * @example
 * const indexer = createIndexer({ client, store, log })
 * const running = indexer.run(lifecycle.signal)
 */
export function createIndexer(options: IndexerOptions): Indexer {
  const { client, store, log, finalityDepth = DEFAULT_DEPTH, startOver = false } = options
  const { chainId, deployBlock, contracts } = client.book
  const first = firstCursor({ chainId, deployBlock, orderBook: contracts.orderBook })
  const progress = createProgress(deployBlock)
  const { status } = progress
  const memory: RowMemory = new Map()
  const size = createRangeSize()
  let market: MarketFacts | undefined
  /** In a row. */
  let failures = 0
  /** `undefined`: what is written is not known for sure. */
  let cursor: CursorRow | undefined

  function come(to: CursorRow): void {
    cursor = to
    const { block: at, timestamp } = to
    if (at >= deployBlock) progress.set({ at, timestamp })
  }

  async function begin(): Promise<CursorRow> {
    memory.clear()
    const kept = await checkChain(client, await readCursor(store), first)
    come(kept)
    return kept
  }

  /** One look at the chain. @returns whether there may be more at once */
  async function look(): Promise<boolean> {
    market ??= await readMarketFacts(client)
    const from = cursor ?? (await begin())
    const known = from.block < deployBlock ? undefined : from
    const [head, common] = await Promise.all([headOf(client), known && lastCommon(client, [known])])
    progress.set({ head })
    if (known && !common) return rollBack(from, head)
    if (head <= from.block) return rest()
    return advance(from, known, rangeAfter(from.block, head), market)
  }

  function rangeAfter(block: number, head: number): Range {
    const lastFinal = head - finalityDepth
    const final = block < lastFinal
    const possible = final ? lastFinal - block : Math.min(head - block, LIVE_BLOCKS)
    return { from: block + 1, to: block + size.next(possible), final }
  }

  async function advance(
    from: CursorRow,
    known: Known | undefined,
    range: Range,
    facts: MarketFacts,
  ): Promise<boolean> {
    const read = await readStep(client, known, range)
    if (!read) return false
    const { block, hash, timestamp } = read.last
    const finalBlock = range.final ? block : Math.max(from.finalBlock, block - finalityDepth)
    const next = { ...from, block, hash, timestamp, finalBlock }
    const beside = await readFacts(client, read.events)
    await writeStep(read, beside, { store, memory, market: facts, journal: !range.final, next })
    trimMemory(memory)
    size.learn(read.events.length)
    progress.set({ state: range.final ? 'backfilling' : 'following', events: status.events + read.events.length })
    come(next)
    if (range.final) log.info({ at: block, head: status.head, events: status.events }, 'reading the market’s past')
    return true
  }

  function rest(): boolean {
    progress.set({ state: 'following' })
    return false
  }

  /** Takes back what the chain took back. */
  async function rollBack(from: CursorRow, head: number): Promise<boolean> {
    const common = await lastCommon(client, await keptBlocks(store))
    if (!common) {
      // A node that is behind does not know our blocks either; one of another chain has another first block.
      await checkChain(client, from, first)
      if (head < from.finalBlock) throw nodeBehind(head, from.finalBlock)
      throw otherChain('the chain went back further than can be undone', { block: from.block, final: from.finalBlock })
    }
    const fromBlock = common.block + 1
    log.warn({ fromBlock, blocks: from.block - common.block }, 'the chain took blocks back')
    const next = { ...from, ...common }
    await store.write(async ({ tx, tell }) => {
      await undoBlocks(tx, fromBlock)
      await setCursor(tx, next)
      tell({ type: 'reorg', tenant: null, provider: null, data: { fromBlock } })
    })
    memory.clear()
    progress.set({ reorgs: status.reorgs + 1 })
    come(next)
    return true
  }

  async function empty(why: unknown): Promise<void> {
    log.warn({ error: why }, 'the database is of another chain: it is filled anew')
    await store.write(async ({ tx, tell }) => {
      await emptyChainTables(tx)
      tell({ type: 'reorg', tenant: null, provider: null, data: { fromBlock: deployBlock } })
    })
    market = undefined
    progress.set({ at: undefined, timestamp: undefined })
  }

  /** @returns how long to wait before the next look */
  async function recover(error: unknown): Promise<number> {
    cursor = undefined
    memory.clear()
    if (isRefusal(error)) {
      if (!startOver) throw error
      await empty(error)
      return 0
    }
    // A range that a node refuses is asked for in parts, at once.
    if (size.shrink() && failureClass(error) === 'chain') failures = 0
    progress.set({ state: 'waiting', problem: String(error), failures: status.failures + 1 })
    const level = failureClass(error) === 'internal' ? 'error' : 'warn'
    log[level]({ error, at: status.at }, 'the market cannot be read on')
    return failures === 0 ? 0 : retryDelayMs(failures, {}, Math.random())
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let pauseMs = 0
      try {
        const more = await look()
        failures = 0
        progress.set({ problem: undefined })
        if (!more) pauseMs = client.pollingIntervalMs
      } catch (error) {
        if (signal.aborted) break
        failures += 1
        pauseMs = await recover(error)
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => {}) // aborted: the loop ends
    }
    progress.set({ state: 'stopped' })
  }

  return { status: () => ({ ...status }), reached: progress.reached, run }
}
