import type { Address, Hex } from 'viem'
import { hold, owed, wholeBps } from './arithmetic.ts'
import { judgeEnd } from './endings.ts'
import type { ChainFacts, EventOf, MarketEvent } from './facts.ts'
import { createJudge, type Judge, type Where } from './judge.ts'
import { callsAbout, heldOf, isJob, type LeaseBook, openBook, type Penalty, settledTo, stopOf } from './leaseBook.ts'
import { payableBy } from './settlements.ts'

/** The checker's own books of the escrow. */
export type EscrowBooks = {
  /** `account/token`. */
  balances: Map<string, bigint>
  leases: Map<Hex, LeaseBook>
  /** What stake has to answer for. */
  penalties: Penalty[]
  /** Each payment that was told, judged on the way. */
  payments: Judge
  endings: Judge
}

type Told<Name extends string> = EventOf<'leaseEscrow', Name>

/** Replays everything that the escrow told, and judges every payment and every end on the way. */
export function replayEscrow(facts: ChainFacts): EscrowBooks {
  const books: EscrowBooks = {
    balances: new Map(),
    leases: new Map(),
    penalties: [],
    payments: createJudge('leasePayment'),
    endings: createJudge('leaseEnd'),
  }
  let feeBps = 0n
  const posted = new Set<Hex>()
  for (const event of facts.events) {
    if (event.name === 'OrderPosted') posted.add(event.args.order)
    if (event.contract !== 'leaseEscrow') continue
    if (event.name === 'FeeChanged') feeBps = BigInt(event.args.feeBps)
    else if (event.name === 'LeaseOpened') open(facts, books, event, posted.has(event.args.terms.order))
    else if (event.name === 'LeaseSettled') settle(facts, books, event, feeBps)
    else replayOne(facts, books, event)
  }
  return books
}

function replayOne(facts: ChainFacts, books: EscrowBooks, event: MarketEvent) {
  switch (event.name) {
    case 'Deposited':
      return move(books, event.args.account, event.args.asset, event.args.amount)
    case 'Withdrawn':
      return move(books, event.args.account, event.args.asset, -event.args.amount)
    case 'Reserved':
      return give(books, event.args.account, facts.place.contracts.orderBook, event.args.asset, event.args.amount)
    case 'Unreserved':
      return give(books, facts.place.contracts.orderBook, event.args.account, event.args.asset, event.args.amount)
    case 'Given':
      return give(books, event.args.from, event.args.to, event.args.asset, event.args.amount)
    case 'LeaseExtended':
      return extend(books, event)
    case 'LeaseEnded':
      return end(facts, books, event)
    case 'LeaseResolved':
      return resolve(facts, books, event)
    case 'LeaseReleased':
      return release(books, event)
    case 'FallbackEntered':
      return enterFallback(books, event)
    case 'JobCharged':
      return charge(books, event)
  }
}

function move({ balances }: EscrowBooks, account: Address, asset: Address, amount: bigint): void {
  const key = `${account}/${asset}`
  balances.set(key, (balances.get(key) ?? 0n) + amount)
}

function give(books: EscrowBooks, from: Address, to: Address, asset: Address, amount: bigint): void {
  move(books, from, asset, -amount)
  move(books, to, asset, amount)
}

const whereOf = ({ lease }: LeaseBook, { at }: MarketEvent): Where => ({ lease, block: at.block, tx: at.tx })

/** The books of the event's lease; a lease that was never opened is a finding. */
function bookOf(
  books: EscrowBooks,
  event: Told<
    | 'LeaseSettled'
    | 'LeaseEnded'
    | 'LeaseResolved'
    | 'LeaseReleased'
    | 'LeaseExtended'
    | 'FallbackEntered'
    | 'JobCharged'
  >,
) {
  const book = books.leases.get(event.args.lease)
  const where = { lease: event.args.lease, block: event.at.block, tx: event.at.tx }
  books.payments.holds(book !== undefined, `${event.name} of a lease that never opened`, where)
  return book
}

function open(facts: ChainFacts, books: EscrowBooks, event: Told<'LeaseOpened'>, posted: boolean): void {
  const { lease, terms, end } = event.args
  const book = openBook(lease, terms, end, event.at)
  books.payments.holds(!books.leases.has(lease), 'a lease opened twice', whereOf(book, event))
  books.leases.set(lease, book)
  const payer = posted ? facts.place.contracts.orderBook : terms.tenant
  move(books, payer, terms.asset, -book.deposited)
}

function extend(books: EscrowBooks, event: Told<'LeaseExtended'>): void {
  const book = bookOf(books, event)
  if (!book) return
  const { rate, start, latestEnd, tenant, asset } = book.terms
  const { end: newEnd, amount } = event.args
  const where = whereOf(book, event)
  books.payments.same(
    'what an extension costs',
    hold(rate, newEnd - start) - hold(rate, book.end - start),
    amount,
    where,
  )
  books.payments.holds(
    newEnd > book.end && newEnd <= latestEnd,
    `extended to ${newEnd}, agreed until ${latestEnd}`,
    where,
  )
  books.payments.holds(
    book.closedAt === 0 && event.at.time < stopOf(book),
    'a lease that had ended was extended',
    where,
  )
  book.end = newEnd
  book.deposited += amount
  move(books, tenant, asset, -amount)
}

function settle(facts: ChainFacts, books: EscrowBooks, event: Told<'LeaseSettled'>, feeBps: bigint): void {
  const book = bookOf(books, event)
  if (!book) return
  const { payout, asset, rate } = book.terms
  const { paid, fee, secondsPaid } = event.args
  const where = whereOf(book, event)
  books.payments.holds(!book.resolved, 'a lease that holds nothing any more was paid', where)
  books.payments.same("the market's fee", ((paid + fee) * feeBps) / wholeBps, fee, where)
  if (isJob(book)) {
    books.payments.same('how often a job was paid before', 0n, book.gross, where)
    books.payments.same('seconds paid of a job', 0, secondsPaid, where)
  } else {
    judgeSeconds(facts, books, event, book, where)
    books.payments.same(
      'what the seconds earn',
      owed(rate, secondsPaid) - owed(rate, book.secondsPaid),
      paid + fee,
      where,
    )
  }
  book.secondsPaid = secondsPaid
  book.gross += paid + fee
  move(books, payout, asset, paid)
  move(books, facts.place.contracts.rewards, asset, fee)
}

function judgeSeconds(
  facts: ChainFacts,
  books: EscrowBooks,
  event: Told<'LeaseSettled'>,
  book: LeaseBook,
  where: Where,
) {
  const { secondsPaid } = event.args
  const payable = payableBy(facts, event, book)
  if (typeof payable === 'string') return books.payments.holds(false, payable, where)
  books.payments.same('seconds paid since the start', payable.secondsPaid, secondsPaid, where)
  books.payments.holds(
    secondsPaid > book.secondsPaid,
    `seconds paid fell from ${book.secondsPaid} to ${secondsPaid}`,
    where,
  )
  book.settledUntil = payable.settledUntil
}

function end(facts: ChainFacts, books: EscrowBooks, event: Told<'LeaseEnded'>): void {
  const book = bookOf(books, event)
  if (!book) return
  const { rate, start, tenant, asset } = book.terms
  const { closedAt, refunded } = event.args
  const where = whereOf(book, event)
  if (judgeEnd(facts, books.endings, book, event)) books.penalties.push({ lease: book, at: event.at })
  if (isJob(book)) {
    // Only what was not paid to the provider can come back.
    books.payments.same('what came back of a job', book.deposited - book.gross, refunded, where)
    book.charged = 0n
  } else {
    books.payments.same(
      'what came back at the end',
      hold(rate, stopOf(book) - start) - hold(rate, closedAt - start),
      refunded,
      where,
    )
  }
  book.closedAt = closedAt
  book.refunded += refunded
  move(books, tenant, asset, refunded)
}

function resolve(facts: ChainFacts, books: EscrowBooks, event: Told<'LeaseResolved'>): void {
  const book = bookOf(books, event)
  if (!book) return
  const { tenant, asset } = book.terms
  const where = whereOf(book, event)
  books.payments.holds(!book.resolved, 'a lease was resolved twice', where)
  books.payments.same('what came back at last', isJob(book) ? 0n : heldOf(book), event.args.refunded, where)
  const why = isJob(book) ? undefined : whyNotResolved(facts, event, book)
  books.payments.holds(why === undefined, why ?? '', where)
  book.resolved = true
  book.refunded += event.args.refunded
  move(books, tenant, asset, event.args.refunded)
}

/** Why more could still have been earned; `undefined` if a lease was rightly resolved. */
function whyNotResolved(facts: ChainFacts, event: Told<'LeaseResolved'>, book: LeaseBook): string | undefined {
  const stop = stopOf(book)
  if (settledTo(book) === stop) return undefined
  const finished = callsAbout(facts, event, book.lease).some(({ call }) => call.name === 'finish')
  if (finished) {
    const from = stop + facts.rules.finalGrace
    return event.at.time >= from ? undefined : `finished at ${event.at.time}, before ${from}`
  }
  const payable = payableBy(facts, event, book)
  if (typeof payable === 'string') return `resolved without a settlement, an end or a grace that was over`
  const until = payable.covered ?? payable.settledUntil
  return until >= stop ? undefined : `resolved although only the time until ${until} of ${stop} was settled`
}

function release(books: EscrowBooks, event: Told<'LeaseReleased'>): void {
  const book = bookOf(books, event)
  if (!book) return
  const where = whereOf(book, event)
  books.endings.holds(!book.released, 'units of a lease came back twice', where)
  // Whoever takes over a lease's units has them while the replaced one runs on.
  const over = isJob(book) || stopOf(book) <= event.at.time || book.closedAt !== 0
  books.endings.holds(over, `units came back at ${event.at.time}, before the stop ${stopOf(book)}`, where)
  book.released = true
}

function enterFallback(books: EscrowBooks, event: Told<'FallbackEntered'>): void {
  const book = bookOf(books, event)
  if (!book) return
  const { settledUntil } = event.args
  const where = whereOf(book, event)
  books.payments.holds(
    !book.byTime && !isJob(book),
    'a lease went over to payment by time that was no monitored one',
    where,
  )
  books.payments.holds(
    settledUntil >= settledTo(book) && settledUntil <= event.at.time,
    `the fallback begins at ${settledUntil}`,
    where,
  )
  book.byTime = true
  book.settledUntil = settledUntil
}

function charge(books: EscrowBooks, event: Told<'JobCharged'>): void {
  const book = bookOf(books, event)
  if (!book) return
  const { tenant, verifier, asset } = book.terms
  book.charges += 1
  books.payments.holds(isJob(book) && book.charges <= 2, `verify fee taken ${book.charges} times`, whereOf(book, event))
  book.charged += event.args.amount
  give(books, tenant, verifier, asset, event.args.amount)
}
