import type { Consent, Proposal, SignedBatchHeader } from '@tender/network'
import { type BatchHeader, type Report, TenderError } from '@tender/protocol'
import { type Address, type Hex, keccak256 } from 'viem'
import type { EraSpan, EraTiming, ReportBasis } from '../facts/chainFacts.ts'
import { lowerCase } from '../facts/lowerCase.ts'
import { areSorted, type BatchBook, type SealedBatch, seatOf, twiceIn } from './batchBook.ts'
import type { Parts } from './parts.ts'
import type { ChainPort, ComputePort, Draft, PeersPort } from './ports.ts'
import { recountedEras } from './recountable.ts'
import { isBoundary, isQuorum, lastBoundary, leaderOrder, type Pace, roundAt, startOfRound } from './schedule.ts'
import { isSame, type SignatureBook } from './signatureBook.ts'

export type AgreementLog = (level: 'debug' | 'info' | 'warn', message: string, fields?: Record<string, unknown>) => void

export type AgreementOptions = {
  me: Address
  /** The contract that reports are for. */
  reports: Address
  timing: EraTiming
  pace: Pace
  /** For how many eras batches are kept. */
  keepEras: bigint
  chain: ChainPort
  peers: PeersPort
  compute: ComputePort
  batches: BatchBook
  signatures: SignatureBook
  parts: Parts
  signHeader(header: BatchHeader): Promise<Hex>
  /** Whether the monitor that a header names signed it. */
  isSigned(header: SignedBatchHeader): Promise<boolean>
  isReportSigned(report: Report, signature: Hex, monitor: Address): Promise<boolean>
  /** Told of every signature of a report that is seen, once it is checked. */
  onSigned(report: Report, signature: Hex, monitor: Address): void
  log: AgreementLog
}

/** Where an agreement is, for people. */
export type AgreementStatus = {
  era: bigint
  attempt: number
  /** The end of the era that is being agreed on; `undefined`: none is over. */
  until: number | undefined
  round: number | undefined
  leader: Address | undefined
  /** Monitors whose batch of the era is here. */
  batches: readonly Address[]
  lastRefusal: string | undefined
}

/** One monitor's part in agreeing on each era's report. */
export type Agreement = {
  /** Does what is to be done now: seals, tells, fetches, leads. Called again and again; one call at a time. */
  step(signal: AbortSignal): Promise<void>
  /** Keeps another monitor's header, which was checked. */
  take(header: SignedBatchHeader, signal: AbortSignal): Promise<void>
  /** Signs what another leader proposes, or says why not. */
  judge(proposal: Proposal, leader: Address, signal: AbortSignal): Promise<Consent>
  status(): AgreementStatus
}

/** Blocks do not come everywhere at once: a round that is just to begin here may be on elsewhere. One that is late is as good. */
const EARLY_ROUNDS = 1

/** A leader waits for answers while the next ones lead: what it gathers late can still be posted. */
const ROUNDS_TO_ANSWER = 3

/** A part of an era that is asked for has at most so many bytes. */
const MAX_BATCH_BYTES = 64 * 1024 * 1024

const keyOf = (batch: SignedBatchHeader) => `${seatOf(batch)} ${batch.header.digest}`

/** Why a proposal is not signed. */
class Refused extends TenderError {
  constructor(code: string, message: string) {
    super(message, { code, class: 'conflict' })
  }
}

type Stage = { span: EraSpan; attempt: number; basis: ReportBasis; order: readonly Address[] }

export function createAgreement(options: AgreementOptions): Agreement {
  const { me, reports, timing, pace, keepEras, chain, peers, compute, batches, signatures, parts, log } = options
  const mine = lowerCase(me)
  /** Who has this monitor's batch, of the era that is told now. */
  let told = { era: 0n, to: new Set<Address>() }
  let sealing: Promise<SealedBatch | undefined> | undefined
  let led: string | undefined
  let lastRefusal: string | undefined
  let leader: Address | undefined
  /** Who has which batch is asked for once at a time. */
  const fetching = new Map<Hex, Promise<boolean>>()

  const others = () =>
    chain
      .signers()
      .map(({ monitor }) => lowerCase(monitor))
      .filter((monitor) => monitor !== mine)

  // Batches

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
  function fetch(batch: SignedBatchHeader, from: readonly Address[], signal: AbortSignal): Promise<boolean> {
    const { digest } = batch.header
    const running = fetching.get(digest)
    if (running) return running
    const work = fetchNow(batch, [lowerCase(batch.header.monitor), ...from], signal).finally(() =>
      fetching.delete(digest),
    )
    fetching.set(digest, work)
    return work
  }

  async function fetchNow({ header, bytes }: SignedBatchHeader, from: readonly Address[], signal: AbortSignal) {
    if (await parts.has(header.digest)) return true
    for (const monitor of new Set(from)) {
      if (monitor === mine) continue
      try {
        const content = await peers.askPart(monitor, header.digest, Math.min(bytes, MAX_BATCH_BYTES), signal)
        if (keccak256(content) === header.digest) return (await parts.put(content, header.era)) === header.digest
      } catch (error) {
        signal.throwIfAborted()
        log('debug', 'a monitor does not give a batch', { monitor, digest: header.digest, error })
      }
    }
    return false
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

  // Leading

  async function stageOf(until: number): Promise<Stage | undefined> {
    const { era, attempt, after: from } = chain.next()
    const span = { era, from, until }
    const basis = until > from ? await chain.basis(span) : undefined
    if (!basis) return undefined
    const order = leaderOrder(basis.signers, { blockHash: basis.facts.block.hash, attempt })
    return { span, attempt, basis, order }
  }

  const leaderOf = ({ order }: Stage, round: number) => order[round % order.length]

  /** All batches are here, or were waited for during half of the round: who leaves one out gets no signature of who has it. */
  async function isTime(stage: Stage, round: number, signal: AbortSignal): Promise<boolean> {
    const { facts } = stage.basis
    const here = new Set((await usable(stage, signal)).map(({ header }) => lowerCase(header.monitor)))
    if (facts.monitors.every(({ monitor }) => here.has(monitor))) return true
    const passed = chain.nowSeconds() - startOfRound(pace, facts.until, round)
    return 2 * passed >= pace.roundSeconds
  }

  async function lead(stage: Stage, round: number, signal: AbortSignal): Promise<void> {
    const { span, attempt, basis } = stage
    const list = await usable(stage, signal)
    const { root, dataHash } = await compute.draft(basis, attempt, list, signal)
    const report: Report = { reports, era: span.era, attempt, round, root, coveredUntil: span.until, dataHash }
    const before = signatures.signed(report)
    // It died while it led, and knows other batches now: the next leader's turn.
    if (before && !isSame(before, report)) return
    const signature = await signatures.sign(report)
    const proposal: Proposal = { report, signature, block: basis.facts.block, batches: list }
    log('info', 'proposing a report', { era: span.era, attempt, round, root, batches: list.length })
    const collected = await collect(proposal, signal)
    if (collected) await chain.post(report, collected)
  }

  /** Signatures of more than two thirds of the weight, as soon as there are so many; `undefined` if they do not come. */
  async function collect(proposal: Proposal, signal: AbortSignal) {
    const { report } = proposal
    const collected = new Map<Address, Hex>([[mine, proposal.signature]])
    const enough = Promise.withResolvers<void>()
    const check = () => {
      if (quorumOf(collected)) enough.resolve()
    }
    check()
    const ended = new AbortController()
    const asking = AbortSignal.any([signal, ended.signal])
    const timeoutMs = ROUNDS_TO_ANSWER * pace.roundSeconds * 1_000
    const answers = others().map(async (monitor) => {
      try {
        const consent = await peers.propose(monitor, proposal, timeoutMs, asking)
        if ('signature' in consent) {
          collected.set(monitor, consent.signature)
          options.onSigned(report, consent.signature, monitor)
        } else log('info', 'a monitor does not sign', { monitor, era: report.era, ...consent.refusal })
        check()
      } catch (error) {
        if (!asking.aborted) log('debug', 'a monitor does not answer a proposal', { monitor, error })
      }
    })
    await Promise.race([enough.promise, Promise.all(answers)])
    ended.abort()
    signal.throwIfAborted()
    return quorumOf(collected)
  }

  function quorumOf(collected: ReadonlyMap<Address, Hex>): { index: number; signature: Hex }[] | undefined {
    const signers = chain.signers()
    const total = signers.reduce((sum, { weight }) => sum + weight, 0)
    const signed = signers.flatMap(({ monitor, index, weight }) => {
      const signature = collected.get(lowerCase(monitor))
      return signature ? [{ index, weight, signature }] : []
    })
    const weight = signed.reduce((sum, signer) => sum + signer.weight, 0)
    return isQuorum(weight, total) ? signed.map(({ index, signature }) => ({ index, signature })) : undefined
  }

  // Judging

  /** Everything that can be wrong with a proposal, the cheapest first. @throws {Refused} */
  async function check(proposal: Proposal, from: Address, signal: AbortSignal): Promise<Draft> {
    const { report, block, batches: list } = proposal
    const { era, attempt, after } = chain.next()
    if (lowerCase(report.reports) !== lowerCase(reports)) throw new Refused('otherContract', 'it is for other reports')
    if (!(await options.isReportSigned(report, proposal.signature, from))) {
      throw new Refused('badSignature', 'its leader did not sign it')
    }
    options.onSigned(report, proposal.signature, from)
    if (report.era !== era || report.attempt !== attempt) {
      throw new Refused('otherEra', `era ${era}, attempt ${attempt} comes next`)
    }
    await sealed()
    const latest = sealedUntil()
    const { coveredUntil: until } = report
    if (!isBoundary(timing, until) || until <= after) throw new Refused('noBoundary', 'no era ends then')
    if (latest === undefined || until > latest) throw new Refused('notOver', 'the era is not over here')
    const stage = await stageOf(until)
    if (!stage) throw new Refused('notOver', 'the era is not over here')
    const { facts } = stage.basis
    if (block.hash !== facts.block.hash) {
      throw new Refused('otherChain', `block ${facts.block.number}, ${facts.block.hash}, is the era's last one here`)
    }
    checkTurn(stage, report.round, from)
    await checkBatches(stage, list, from, signal)
    return compute.draft(stage.basis, stage.attempt, list, signal)
  }

  function checkTurn(stage: Stage, round: number, from: Address): void {
    if (leaderOf(stage, round) !== lowerCase(from)) throw new Refused('otherLeader', 'it is not its turn')
    const now = roundAt(pace, stage.span.until, chain.nowSeconds())
    if (round > now + EARLY_ROUNDS) throw new Refused('otherRound', `round ${now} is on here`)
  }

  /** Nothing forged, nothing that is here left out, and everything there to compute with. */
  async function checkBatches(stage: Stage, list: readonly SignedBatchHeader[], from: Address, signal: AbortSignal) {
    const counting = new Map<bigint, ReadonlySet<Address>>()
    for (const era of [...recountedEras(stage.basis.facts), stage.span.era]) {
      counting.set(era, await countingIn(era, stage.basis, signal))
    }
    const fits = ({ header }: SignedBatchHeader) =>
      lowerCase(header.reports) === lowerCase(reports) &&
      counting.get(header.era)?.has(lowerCase(header.monitor)) === true
    if (!areSorted(list) || !list.every(fits)) throw new Refused('badBatches', 'the batches are not of this era')
    const signed = await Promise.all(list.map(options.isSigned))
    if (!signed.every(Boolean)) throw new Refused('badBatches', 'a batch is not signed by its monitor')
    for (const batch of list) batches.keep(batch)
    const twice = twiceIn(list)
    const once = list.filter((batch) => !twice.has(seatOf(batch)))
    await Promise.all(once.map((batch) => fetch(batch, [from], signal)))
    const here = await usable(stage, signal)
    const present = new Set(here.map(keyOf))
    if (once.some((batch) => !present.has(keyOf(batch)))) {
      throw new Refused('batchMissing', 'a batch that it names cannot be had')
    }
    const proposed = new Set(list.map(keyOf))
    // Of who signed two any two will do: all say that it counts for nothing.
    const left = here.filter((batch) => !proposed.has(keyOf(batch)) && !twice.has(seatOf(batch)))
    if (left.length === 0) return
    for (const batch of left) void peers.sendHeader(from, batch, signal).catch(() => {}) // the next leader has it
    throw new Refused('batchLeftOut', `a batch of ${left[0]?.header.monitor} is left out`)
  }

  return {
    async step(signal) {
      const own = await sealed()
      if (!own) return
      void tell(own, signal).catch(() => {}) // aborted
      const { era } = own.header
      for (const batch of batches.of(era)) void fetch(batch, others(), signal).catch(() => {}) // aborted
      const until = sealedUntil()
      if (until === undefined) return
      const round = roundAt(pace, until, chain.nowSeconds())
      if (round < 0) return
      const stage = await stageOf(until)
      if (!stage) return
      leader = leaderOf(stage, round)
      const turn = `${era} ${stage.attempt} ${round}`
      if (leader !== mine || led === turn || !(await isTime(stage, round, signal))) return
      led = turn
      await lead(stage, round, signal)
    },

    async take(header, signal) {
      const { era } = header.header
      const next = chain.next().era
      // Another monitor may see an era's end a little earlier; and what comes too late may still be recounted.
      if (era > next + 1n || era + keepEras <= next || !batches.keep(header)) return
      void fetch(header, others(), signal).catch(() => {}) // aborted
      // Where two cannot see each other a third passes it on.
      const rest = others().filter((monitor) => monitor !== lowerCase(header.header.monitor))
      void Promise.allSettled(rest.map((monitor) => peers.sendHeader(monitor, header, signal)))
    },

    async judge(proposal, from, signal) {
      try {
        const draft = await check(proposal, from, signal)
        const { report } = proposal
        if (draft.root !== report.root || draft.dataHash !== report.dataHash) {
          throw new Refused('otherResult', `root ${draft.root}, data ${draft.dataHash} come out here`)
        }
        return { signature: await signatures.sign(report) }
      } catch (error) {
        if (!(error instanceof TenderError)) throw error
        lastRefusal = error.message
        const { era, round } = proposal.report
        log('info', 'does not sign a proposal', { leader: from, era, round, code: error.code, reason: error.message })
        return { refusal: { code: error.code, message: error.message } }
      }
    },

    status() {
      const { era, attempt } = chain.next()
      const until = sealedUntil()
      const round = until === undefined ? undefined : roundAt(pace, until, chain.nowSeconds())
      const monitors = new Set(batches.of(era).map(({ header }) => lowerCase(header.monitor)))
      return { era, attempt, until, round, leader, batches: [...monitors], lastRefusal }
    },
  }
}
