import type { Hex } from 'viem'
import { areInTree, isInTree, leafOf, leaseIdOf } from './arithmetic.ts'
import type { ChainFacts, EventOf, MarketCall, Moment } from './facts.ts'
import { callsAbout, type LeaseBook, reportAt, stopOf } from './leaseBook.ts'

/** What a settlement may pay, and up to when it settles a lease by time. `covered`: until when a report looked. */
export type Payable = { secondsPaid: number; settledUntil: number; covered: number | undefined }

/**
 * What the call behind a settlement pays by docs/money.md, from the report's root or from the clock.
 *
 * @returns a sentence if the call may pay nothing
 */
export function payableBy(
  facts: ChainFacts,
  event: EventOf<'leaseEscrow', 'LeaseSettled' | 'LeaseResolved'>,
  book: LeaseBook,
): Payable | string {
  const said = callsAbout(facts, event, book.lease)
  for (const { call, place } of said) {
    if (call.contract !== 'leaseEscrow') continue
    if (call.name === 'settleByTime') return byTime(book, event.at.time, earnerOf(facts, call, book, event.at))
    if (call.name === 'settle') return served(facts, book, event.at, call.args[1], oneOf(book.lease, call.args))
    if (call.name === 'settleMany') {
      const leaf = { era: call.args[1], served: call.args[2][place] ?? 0 }
      return served(facts, book, event.at, leaf, manyOf(call.args))
    }
    if (call.name === 'settleByFallback') return fallback(facts, book, event.at, call)
  }
  return 'a payment by no call that settles the lease'
}

type Served = { era: bigint; served: number }
type Proves = (root: Hex) => boolean
type SettleArgs = Extract<MarketCall, { contract: 'leaseEscrow'; name: 'settle' }>['args']
type SettleManyArgs = Extract<MarketCall, { contract: 'leaseEscrow'; name: 'settleMany' }>['args']

const oneOf =
  (lease: Hex, [, leaf, proof]: SettleArgs): Proves =>
  (root) =>
    isInTree(leafOf('lease', [lease, leaf.served]), proof, root)

const manyOf =
  ([terms, , seconds, proof, flags]: SettleManyArgs): Proves =>
  (root) => {
    const leaves = terms.map((each, index) => leafOf('lease', [leaseIdOf(each), seconds[index] ?? 0]))
    return areInTree(leaves, proof, flags, root)
  }

function served(facts: ChainFacts, book: LeaseBook, at: Moment, leaf: Served, proves: Proves): Payable | string {
  const report = reportAt(facts, leaf.era, at)
  if (!report) return `a payment by the report of era ${leaf.era}, which was not effective`
  if (!proves(report.root)) return `a payment by a leaf that the report of era ${leaf.era} does not have`
  const covered = Math.min(report.coveredUntil, at.time)
  const provable = Math.max(0, Math.min(covered, stopOf(book)) - book.terms.start)
  const secondsPaid = Math.max(book.secondsPaid, Math.min(leaf.served, provable))
  return { secondsPaid, settledUntil: book.settledUntil, covered }
}

function byTime(book: LeaseBook, now: number, mayEarn: boolean): Payable | string {
  if (!book.byTime) return 'a payment by time for a lease that is paid by reports'
  if (!mayEarn) return 'a payment by time that neither the operator nor the payout asked for'
  return { ...claimOf(book, now), covered: undefined }
}

/** The seconds from the last settlement to now or the stop, no further back than `maxSilence`. */
function claimOf(book: LeaseBook, now: number) {
  const { settledUntil, secondsPaid } = book
  const { maxSilence } = book.terms
  const to = Math.min(now, stopOf(book))
  const from = maxSilence === 0 ? settledUntil : Math.min(Math.max(settledUntil, now - maxSilence), to)
  return { secondsPaid: secondsPaid + to - from, settledUntil: to }
}

function fallback(
  facts: ChainFacts,
  book: LeaseBook,
  at: Moment,
  call: Extract<MarketCall, { contract: 'leaseEscrow'; name: 'settleByFallback' }>,
): Payable | string {
  if (!earnerOf(facts, call, book, at)) return 'a fallback that neither the operator nor the payout asked for'
  if (book.byTime) return { ...claimOf(book, at.time), covered: undefined }
  const [terms, leaf, proof] = call.args
  return served(facts, book, at, leaf, oneOf(book.lease, [terms, leaf, proof]))
}

/** Whether the caller is the lease's payout or the provider's operator at that moment. */
function earnerOf(facts: ChainFacts, { from }: MarketCall, { terms }: LeaseBook, { block, index }: Moment): boolean {
  if (from === terms.payout) return true
  let operator: string | undefined
  for (const { name, args, at } of facts.events) {
    if (at.block > block || (at.block === block && at.index > index)) break
    const tells = name === 'OperatorChanged' || name === 'ProviderRegistered'
    if (tells && args.provider === terms.provider) operator = args.operator
  }
  return from === operator
}
