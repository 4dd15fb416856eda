import type { SignedBatchHeader } from '@tender/network'
import { type Address, keccak256 } from 'viem'
import type { ReportBasis } from '../facts/chainFacts.ts'
import { lowerCase } from '../facts/lowerCase.ts'
import type { AgreementOptions, Stage } from './agreementOptions.ts'
import { askInTurn } from './askInTurn.ts'
import { type SealedBatch, seatOf, twiceIn } from './batchBook.ts'
import { recountedEras } from './recountable.ts'
import { lastBoundary } from './schedule.ts'

/** Batches as they come and go between monitors. */
export type Exchange = ReturnType<typeof createExchange>

/** A batch that is asked for has at most so many bytes. */
const MAX_BATCH_BYTES = 64 * 1024 * 1024
/** Whoever sends a batch slowly must not hold it back: after this part of a round the next one is asked, too. */
const PATIENCES_OF_A_ROUND = 10

export function createExchange(options: AgreementOptions) {
  const { me, reports, timing, keepEras, chain, peers, compute, batches, parts, signal: running, log } = options
  const mine = lowerCase(me)
  const patienceMs = (options.pace.roundSeconds * 1_000) / PATIENCES_OF_A_ROUND
  /** Who has this monitor's batch, of the era that is told now. */
  let told = { era: 0n, to: new Set<Address>() }
  let sealing: Promise<SealedBatch | undefined> | undefined
  /** Who has which batch is asked for once at a time. */
  const fetching = new Map<string, Promise<boolean>>()

  const others = () =>
    chain
      .signers()
      .map(({ monitor }) => lowerCase(monitor))
      .filter((monitor) => monitor !== mine)

  /** The end of the era that comes next, as this monitor sealed it; `undefined` before it did. */
  function sealedUntil(): number | undefined {
    const { era, after } = chain.next()
    const own = batches.own(era)
    if (!own) return undefined
    // After a reorg the era before may cover more than it did.
    return own.until > after ? own.until : lastBoundary(timing, after, chain.time())
  }

  /** This monitor's batch of the era that is over; sealed now if need be, and never again. */
  function sealed(): Promise<SealedBatch | undefined> {
    sealing ??= seal().finally(() => {
      sealing = undefined
    })
    return sealing
  }

  async function seal(): Promise<SealedBatch | undefined> {
    const next = chain.next()
    const before = batches.own(next.era)
    if (before) return before
    const until = lastBoundary(timing, next.after, chain.time())
    if (until === undefined || chain.time() < next.pendingUntil) return undefined
    const bytes = await compute.observe({ era: next.era, from: next.after, until })
    const digest = await parts.put(bytes, next.era)
    const header = { reports, era: next.era, monitor: me, digest }
    const signature = await options.signHeader(header)
    batches.seal({ header, signature, bytes: bytes.length, until })
    log('info', 'sealed a batch', { era: next.era, until, bytes: bytes.length })
    return batches.own(next.era)
  }

  /** Tells everybody who does not have it yet. Whoever is away is told when it is back. */
  async function tell({ until: _, ...own }: SealedBatch, signal: AbortSignal): Promise<void> {
    if (told.era !== own.header.era) told = { era: own.header.era, to: new Set() }
    const { to } = told
    await Promise.all(
      others()
        .filter((monitor) => !to.has(monitor))
        .map(async (monitor) => {
          try {
            await peers.sendHeader(monitor, own, signal)
            to.add(monitor)
          } catch (error) {
            signal.throwIfAborted()
            log('debug', 'a monitor did not take the batch', { monitor, error })
          }
        }),
    )
  }

  /** Whether the batch is here, fetched if need be: from its own monitor, else from others. */
  function fetch(batch: SignedBatchHeader, from: readonly Address[]): Promise<boolean> {
    const sources = [...new Set([lowerCase(batch.header.monitor), ...from])].filter((monitor) => monitor !== mine)
    const key = [batch.header.digest, ...sources].join()
    const before = fetching.get(key)
    if (before) return before
    const work = fetchNow(batch, sources).finally(() => fetching.delete(key))
    fetching.set(key, work)
    return work
  }

  /** How large it is, a header does not prove: the hash does, and no batch may be larger than any is. */
  async function fetchNow({ header: { digest, era } }: SignedBatchHeader, sources: readonly Address[]) {
    if (await parts.has(digest)) return true
    return askInTurn(sources, { patienceMs, signal: running }, async (monitor, signal) => {
      try {
        const content = await peers.askPart(monitor, digest, MAX_BATCH_BYTES, signal)
        return keccak256(content) === digest && (await parts.put(content, era)) === digest
      } catch (error) {
        if (!signal.aborted) log('debug', 'a monitor does not give a batch', { monitor, digest, error })
        return false
      }
    })
  }

  /**
   * The batches that can be computed with, of the era and of those that are to be recounted: of each monitor its batch, if it is
   * here and is one, or two if it signed two.
   */
  async function usable(
    { basis, span }: Pick<Stage, 'basis' | 'span'>,
    signal: AbortSignal,
  ): Promise<SignedBatchHeader[]> {
    const all: SignedBatchHeader[] = []
    for (const era of [...recountedEras(basis.facts), span.era]) {
      const counting = await countingIn(era, basis, signal)
      all.push(...batches.of(era).filter(({ header }) => counting.has(lowerCase(header.monitor))))
    }
    const twice = twiceIn(all)
    const kept = await Promise.all(all.map(async (batch) => twice.has(seatOf(batch)) || (await isHere(batch))))
    return all.filter((_, index) => kept[index])
  }

  /** Monitors whose batches of an era count. */
  async function countingIn(era: bigint, { facts }: ReportBasis, signal: AbortSignal): Promise<ReadonlySet<Address>> {
    if (era < facts.era) return compute.monitorsOf(era, signal)
    return new Set(facts.monitors.map(({ monitor }) => monitor))
  }

  async function isHere({ header }: SignedBatchHeader): Promise<boolean> {
    const content = await parts.get(header.digest)
    return content !== undefined && compute.isBatch(content, header)
  }

  /** Whoever told it is answered at once; fetching and passing on outlive the request. */
  function take(batch: SignedBatchHeader): void {
    const { era, monitor } = batch.header
    const next = chain.next().era
    // Nobody takes a proposal that names one, so nobody may propose it.
    if (lowerCase(batch.header.reports) !== lowerCase(reports)) return
    // Another monitor may see an era's end a little earlier; and what comes too late may still be recounted.
    if (era > next + 1n || era + keepEras <= next || !batches.keep(batch)) return
    void fetch(batch, others()).catch(() => {}) // stopped
    // Where two cannot see each other a third passes it on.
    const rest = others().filter((other) => other !== lowerCase(monitor))
    void Promise.allSettled(rest.map((other) => peers.sendHeader(other, batch, running)))
  }

  return { others, sealed, sealedUntil, tell, fetch, take, usable, countingIn }
}
