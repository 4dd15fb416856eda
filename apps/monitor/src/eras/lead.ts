import type { Proposal } from '@tender/network'
import type { Report } from '@tender/protocol'
import type { Address, Hex } from 'viem'
import { lowerCase } from '../facts/lowerCase.ts'
import type { AgreementOptions, Stage } from './agreementOptions.ts'
import type { Exchange } from './exchange.ts'
import { isQuorum, startOfRound } from './schedule.ts'
import { isSame } from './signatureBook.ts'

/** What a monitor does when it is its turn. */
export type Leading = {
  /** Whether to propose now, or to wait for batches. */
  isTime(stage: Stage, round: number, signal: AbortSignal): Promise<boolean>
  /** Proposes, gathers signatures, and posts if there are enough. */
  lead(stage: Stage, round: number, signal: AbortSignal): Promise<void>
}

/** A leader waits for answers while the next ones lead: what it gathers late can still be posted. */
const ROUNDS_TO_ANSWER = 3

export function createLeading(options: AgreementOptions, { others, usable }: Exchange): Leading {
  const { me, reports, pace, chain, peers, compute, signatures, log } = options

  /** All batches are here, or were waited for during half of the round: who leaves one out gets no signature of who has it. */
  async function isTime(stage: Stage, round: number, signal: AbortSignal): Promise<boolean> {
    const { facts } = stage.basis
    const own = (await usable(stage, signal)).filter(({ header }) => header.era === facts.era)
    const here = new Set(own.map(({ header }) => lowerCase(header.monitor)))
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
    const collected = new Map<Address, Hex>([[lowerCase(me), proposal.signature]])
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

  return { isTime, lead }
}
