import type { Address } from 'viem'
import type { Finding } from '../finding.ts'
import { owed } from './arithmetic.ts'
import type { EscrowBooks } from './escrowBooks.ts'
import type { ChainFacts } from './facts.ts'
import { createJudge } from './judge.ts'
import { heldOf, isJob, type LeaseBook, settledTo, stopOf } from './leaseBook.ts'

/**
 * Money is where it has to be: tokens in the escrow are all balances and all that leases hold, every balance follows from the
 * events, and every lease's books agree with the contract's.
 */
export function judgeConservation(facts: ChainFacts, books: EscrowBooks): Finding[] {
  return [...judgeTokens(facts, books), ...judgeBalances(facts, books), ...judgeLeases(facts, books)]
}

function judgeTokens(facts: ChainFacts, { balances, leases }: EscrowBooks): Finding[] {
  const { state, place, moves } = facts
  const judge = createJudge('escrowConservation')
  const escrow = place.contracts.leaseEscrow
  for (const [token, tokens] of state.tokens) {
    const ofToken = [...balances].filter(([key]) => key.endsWith(`/${token}`)).map(([, amount]) => amount)
    const held = [...leases.values()].filter(({ terms }) => terms.asset === token).map(heldOf)
    const owes = sum(ofToken) + sum(held)
    const moved = moves.filter((move) => move.token === token)
    const came = sum(moved.filter(({ to }) => to === escrow).map(({ amount }) => amount))
    const left = sum(moved.filter(({ from }) => from === escrow).map(({ amount }) => amount))
    judge.same(`tokens of ${token} that moved into the escrow, less those that left`, came - left, tokens, {})
    judge.same(
      `tokens of ${token} in the escrow, against all balances and all that leases hold`,
      owes + straysIn(facts, token),
      tokens,
      {},
    )
  }
  return judge.findings
}

/** Tokens that were sent to the escrow without a deposit: nobody's, and no fault of its books. */
function straysIn({ events, moves, place }: ChainFacts, token: Address): bigint {
  const came = moves.filter((move) => move.token === token && move.to === place.contracts.leaseEscrow)
  const deposits = events.flatMap((event) =>
    event.name === 'Deposited' && event.args.asset === token ? [event.args.amount] : [],
  )
  return sum(came.map(({ amount }) => amount)) - sum(deposits)
}

function judgeBalances({ state, last }: ChainFacts, { balances }: EscrowBooks): Finding[] {
  const judge = createJudge('escrowBalance')
  for (const key of new Set([...state.balances.keys(), ...balances.keys()])) {
    const [account = '', token] = key.split('/')
    const where = { block: last.block }
    judge.same(
      `balance of ${account} in ${token} by all events`,
      balances.get(key) ?? 0n,
      state.balances.get(key) ?? 0n,
      where,
    )
  }
  return judge.findings
}

function judgeLeases(facts: ChainFacts, { leases }: EscrowBooks): Finding[] {
  const judge = createJudge('leaseState')
  for (const [lease, book] of leases) {
    const told = facts.state.leases.get(lease)
    const where = { lease, block: facts.last.block }
    judge.same('what the lease holds', heldOf(book), told?.held, where)
    const { end, closedAt, secondsPaid, released, byTime, resolved } = book
    const { state } = told ?? {}
    judge.same(
      'end, closed, paid, released, by time, resolved',
      [end, closedAt, secondsPaid, released, byTime, resolved],
      [...[state?.end, state?.closedAt, state?.secondsPaid, state?.released, state?.byTime, state?.resolved]],
      where,
    )
    judge.same(
      'deposited, of what was paid, came back and is held',
      book.deposited,
      book.gross + book.refunded + heldOf(book),
      where,
    )
    if (!isJob(book)) judge.same('paid for the seconds paid', owed(book.terms.rate, secondsPaid), book.gross, where)
    const why = whyTooLong(facts, book)
    judge.holds(why === undefined, why ?? '', where)
  }
  return judge.findings
}

/** Why a lease should not hold money any more; `undefined` if it may. */
function whyTooLong({ rules, last }: ChainFacts, book: LeaseBook): string | undefined {
  if (book.resolved || isJob(book)) return undefined
  const stop = stopOf(book)
  if (settledTo(book) >= stop) return `all of it is settled, and still it holds ${heldOf(book)}`
  // Anyone may finish it from then on, and nobody's daemon did for as long again.
  const from = stop + 2 * rules.finalGrace
  return last.time > from ? `over since ${stop}, and still it holds ${heldOf(book)} at ${last.time}` : undefined
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n)
}
