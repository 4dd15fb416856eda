import type { EraCapacity, EraMonitor } from '@tender/protocol'
import { type ChainClock, createChainClock, type MarketClient } from '@tender/sdk'
import { type ChainBlock, readBlock } from './blockAt.ts'
import { basisOf, type EraSpan, type EraTiming, type ReportBasis } from './chainFacts.ts'
import { capacityAt } from './factsAt.ts'
import type { FactFollower } from './followFacts.ts'
import { type Member, membersOf } from './members.ts'
import { type NextReport, nextReport } from './nextReport.ts'

export type ChainViewOptions = {
  client: MarketClient
  timing: EraTiming
  /** The book and how far it goes. */
  facts: Pick<FactFollower, 'book' | 'head'>
}

/** The chain as the monitor's book knows it, and its clock. */
export type ChainView = {
  /** Told each new head, whose time sets the clock. */
  tick(head: ChainBlock): void
  /** The newest block's; 0 until there is one. */
  time(): number
  /** Runs along the chain's clock between blocks, whatever this host's clock says. */
  nowSeconds(): number
  next(): NextReport
  /** Everybody on the contract's list, with weights as they count now. */
  members(): readonly Member[]
  /** Who counts now, sorted by address. */
  monitors(): readonly EraMonitor[]
  capacity(): readonly EraCapacity[]
  /** See {@link basisOf}; computed once for as long as the chain stays the same. */
  basis(span: EraSpan): Promise<ReportBasis | undefined>
}

export function createChainView({ client, timing, facts }: ChainViewOptions): ChainView {
  const { book } = facts
  let clock: ChainClock | undefined
  let known: { key: string; basis: ReportBasis } | undefined
  const nowSeconds = () => clock?.nowSeconds() ?? 0
  // A weight that changes at the era's boundary counts in the block after it.
  const clockEra = () => Math.floor((nowSeconds() - timing.genesis) / timing.eraSeconds)
  const members = remembered(
    () => `${book.version()} ${clockEra()}`,
    () => membersOf(book.common(), clockEra()),
  )
  const next = remembered(
    () => `${book.version()}`,
    () => nextReport(book.common(), timing.genesis),
  )
  const counting = () => members().filter(({ weight }) => weight > 0)

  async function basis(span: EraSpan): Promise<ReportBasis | undefined> {
    const head = facts.head()
    if (!head) return undefined
    const key = `${span.era} ${span.from} ${span.until}`
    if (known?.key === key) {
      const { number, hash } = known.basis.facts.block
      // Its hash stands for everything before it.
      if ((await readBlock(client, number)).hash === hash) return known.basis
    }
    const fresh = await basisOf({ client, book, timing }, span, head)
    known = fresh && { key, basis: fresh }
    return fresh
  }

  return {
    tick({ timestamp }) {
      // The host's clock is never looked at: it may be off by minutes.
      clock ??= createChainClock({ wallMs: () => timestamp * 1_000, monotonicMs: () => performance.now() })
      clock.tick(timestamp, true)
    },
    time: () => facts.head()?.timestamp ?? 0,
    nowSeconds,
    next,
    members,
    monitors: () =>
      counting()
        .map(({ monitor, weight }) => ({ monitor, weight }))
        .sort((left, right) => (left.monitor < right.monitor ? -1 : 1)),
    capacity: () => capacityAt(book.common(), book.leases(), Number(facts.head()?.number ?? 0n)),
    basis,
  }
}

/** Reads anew only when the key changes. */
function remembered<T>(keyOf: () => string, read: () => T): () => T {
  let last: { key: string; value: T } | undefined
  return () => {
    const key = keyOf()
    if (last?.key !== key) last = { key, value: read() }
    return last.value
  }
}
