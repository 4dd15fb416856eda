import type { Proposal, SignedBatchHeader } from '@tender/network'
import { TenderError } from '@tender/protocol'
import type { Address } from 'viem'
import { lowerCase } from '../facts/lowerCase.ts'
import { type AgreementOptions, leaderOf, type Stage, stageOf } from './agreementOptions.ts'
import { areSorted, seatOf, twiceIn } from './batchBook.ts'
import type { Exchange } from './exchange.ts'
import type { Draft } from './ports.ts'
import { recountedEras } from './recountable.ts'
import { isBoundary, roundAt } from './schedule.ts'

/** Blocks do not come everywhere at once: a round that is just to begin here may be on elsewhere. One that is late is as good. */
const EARLY_ROUNDS = 1

const keyOf = (batch: SignedBatchHeader) => `${seatOf(batch)} ${batch.header.digest}`

/** Why a proposal is not signed. */
export class Refused extends TenderError {
  constructor(code: string, message: string) {
    super(message, { code, class: 'conflict' })
  }
}

/** Checks a proposal, and computes what it should say. @throws {Refused} */
export type Judge = (proposal: Proposal, from: Address, signal: AbortSignal) => Promise<Draft>

export function createJudge(options: AgreementOptions, exchange: Exchange): Judge {
  const { reports, timing, pace, chain, peers, compute, batches } = options
  const { sealed, sealedUntil, fetch, usable, countingIn } = exchange

  /** Everything that can be wrong with a proposal, the cheapest first. @throws {Refused} */
  async function check(proposal: Proposal, from: Address, signal: AbortSignal): Promise<Draft> {
    const { report, block, batches: list } = proposal
    const { era, attempt, after } = chain.next()
    if (lowerCase(report.reports) !== lowerCase(reports)) throw new Refused('otherContract', 'it is for other reports')
    if (!(await options.isReportSigned(report, proposal.signature, from))) {
      throw new Refused('badSignature', 'its leader did not sign it')
    }
    if (report.era !== era || report.attempt !== attempt) {
      throw new Refused('otherEra', `era ${era}, attempt ${attempt} comes next`)
    }
    await sealed()
    const latest = sealedUntil()
    const { coveredUntil: until } = report
    if (!isBoundary(timing, until) || until <= after) throw new Refused('noBoundary', 'no era ends then')
    if (latest === undefined || until > latest) throw new Refused('notOver', 'the era is not over here')
    const now = roundAt(pace, until, chain.nowSeconds())
    if (report.round > now + EARLY_ROUNDS) throw new Refused('otherRound', `round ${now} is on here`)
    // Kept whatever else is wrong with it; of rounds to come there are more than a disk can hold.
    options.onSigned(report, proposal.signature, from)
    const stage = await stageOf(options, until)
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
    await Promise.all(once.map((batch) => fetch(batch, [from])))
    const here = await usable(stage, signal)
    const present = new Set(here.map(keyOf))
    if (once.some((batch) => !present.has(keyOf(batch)))) {
      throw new Refused('batchMissing', 'a batch that it names cannot be had')
    }
    const proposed = new Set(list.map(keyOf))
    // Of who signed two any two will do: all say that it counts for nothing.
    const left = here.filter((batch) => !proposed.has(keyOf(batch)) && !twice.has(seatOf(batch)))
    if (left.length === 0) return
    for (const batch of left) void peers.sendHeader(from, batch, options.signal).catch(() => {}) // the next leader has it
    throw new Refused('batchLeftOut', `a batch of ${left[0]?.header.monitor} is left out`)
  }

  return check
}
