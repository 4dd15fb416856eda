import type { Consent, Proposal, SignedBatchHeader } from '@tender/network'
import { TenderError } from '@tender/protocol'
import type { Address } from 'viem'
import { lowerCase } from '../facts/lowerCase.ts'
import { type AgreementOptions, leaderOf, stageOf } from './agreementOptions.ts'
import { createExchange } from './exchange.ts'
import { createJudge, Refused } from './judge.ts'
import { createLeading } from './lead.ts'
import { roundAt } from './schedule.ts'

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
  /** Tells this monitor's batch, and fetches others'. Called again and again; one call at a time. */
  spread(signal: AbortSignal): Promise<void>
  /** Seals a batch once the era is over, and leads when it is its turn. Called again and again; one call at a time. */
  step(signal: AbortSignal): Promise<void>
  /** Keeps another monitor's header, which was checked. */
  take(header: SignedBatchHeader): void
  /** Signs what another leader proposes, or says why not. */
  judge(proposal: Proposal, leader: Address, signal: AbortSignal): Promise<Consent>
  status(): AgreementStatus
  counts(): AgreementCounts
}

/** What this monitor did so far. `refused`: proposals that it did not sign, by why. */
export type AgreementCounts = { led: number; signed: number; refused: ReadonlyMap<string, number> }

export function createAgreement(options: AgreementOptions): Agreement {
  const { me, pace, chain, batches, signatures, log } = options
  const mine = lowerCase(me)
  const exchange = createExchange(options)
  const { others, sealed, sealedUntil, tell, fetch, take } = exchange
  const { isTime, lead } = createLeading(options, exchange)
  const judge = createJudge(options, exchange)
  /** The last round that it led. */
  let led: string | undefined
  let lastRefusal: string | undefined
  const refused = new Map<string, number>()
  const counts = { led: 0, signed: 0, refused }
  let leader: Address | undefined

  return {
    async spread(signal) {
      const counts = chain.signers().some(({ monitor }) => lowerCase(monitor) === mine)
      // Nobody listens to who is no monitor yet.
      const own = counts ? await sealed() : undefined
      if (!own) return
      // Not waited for: who sends its batch slowly must not keep this one from being told.
      for (const batch of batches.of(own.header.era)) void fetch(batch, others()).catch(() => {}) // stopped
      await tell(own, signal)
    },

    async step(signal) {
      const own = await sealed()
      if (!own) return
      const { era } = own.header
      const until = sealedUntil()
      if (until === undefined) return
      const round = roundAt(pace, until, chain.nowSeconds())
      if (round < 0) return
      const stage = await stageOf(options, until)
      if (!stage) return
      leader = leaderOf(stage, round)
      const turn = `${era} ${stage.attempt} ${round}`
      if (leader !== mine || led === turn || !(await isTime(stage, round, signal))) return
      led = turn
      counts.led += 1
      await lead(stage, round, signal)
    },

    take,

    async judge(proposal, from, signal) {
      try {
        const draft = await judge(proposal, from, signal)
        const { report } = proposal
        if (draft.root !== report.root || draft.dataHash !== report.dataHash) {
          throw new Refused('otherResult', `root ${draft.root}, data ${draft.dataHash} come out here`)
        }
        const signature = await signatures.sign(report)
        counts.signed += 1
        return { signature }
      } catch (error) {
        if (!(error instanceof TenderError)) throw error
        lastRefusal = error.message
        refused.set(error.code, (refused.get(error.code) ?? 0) + 1)
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
    counts: () => counts,
  }
}
