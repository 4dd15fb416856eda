import type { leaseEscrowAbi } from '@tender/abi'
import type { Address, ContractEventName, GetContractEventsReturnType, Hex } from 'viem'

export type EscrowEvents = GetContractEventsReturnType<
  typeof leaseEscrowAbi,
  ContractEventName<typeof leaseEscrowAbi> | undefined,
  true
>
type EscrowEvent = EscrowEvents[number]
export type LeaseTerms = Extract<EscrowEvent, { eventName: 'LeaseOpened' }>['args']['terms']

/** What went into a lease's hold and out of it, smallest units. */
export type LeaseMoney = {
  lease: Hex
  terms: LeaseTerms
  deposited: bigint
  /** To its provider. */
  paid: bigint
  fees: bigint
  refunded: bigint
  /** What the seconds that were paid are worth by the terms; absent for a job, which has its own rules. */
  due: bigint | undefined
}

/** To and from each account. */
export type Moved = Map<Address, { got: bigint; gave: bigint }>

/** Accounts that events do not name. */
export type Parties = {
  asset: Address
  rewards: Address
  jobs: Address
  orderBook: Address
}

const HOUR = 3600n

/**
 * Follows the money through the escrow's events, from the first on, with this file's own arithmetic: nothing of the market's code computes
 * what it is compared with.
 */
export function replay(events: EscrowEvents, parties: Parties): { moved: Moved; leases: LeaseMoney[] } {
  const moved: Moved = new Map()
  const leases = new Map<Hex, LeaseMoney>()
  const lineOf = (account: Address) => {
    const line = moved.get(account) ?? { got: 0n, gave: 0n }
    moved.set(account, line)
    return line
  }
  const books: LineBook = {
    get: (account, amount) => {
      lineOf(account).got += amount
    },
    give: (account, amount) => {
      lineOf(account).gave += amount
    },
    lease: (id) => {
      const found = leases.get(id)
      if (!found) throw new Error(`an event tells of lease ${id}, which was not opened`)
      return found
    },
  }
  for (const event of events) {
    if (event.eventName === 'LeaseOpened') open(event, leases, books)
    else if (!movedBetween(event, parties, books)) ofLease(event, parties, books)
  }
  return { moved, leases: [...leases.values()] }
}

type LineBook = {
  get(account: Address, amount: bigint): void
  give(account: Address, amount: bigint): void
  lease(id: Hex): LeaseMoney
}

function open(
  { args }: Extract<EscrowEvent, { eventName: 'LeaseOpened' }>,
  leases: Map<Hex, LeaseMoney>,
  { give }: LineBook,
): void {
  const { lease, tenant, end, terms } = args
  const seconds = BigInt(end) - BigInt(terms.start)
  // Held: rounded up.
  const deposited = (terms.rate * seconds + HOUR - 1n) / HOUR
  give(tenant, deposited)
  leases.set(lease, { lease, terms, deposited, paid: 0n, fees: 0n, refunded: 0n, due: undefined })
}

/** Money that moves between balances, no lease involved. @returns false for every other event */
function movedBetween(event: EscrowEvent, { orderBook, asset }: Parties, { get, give }: LineBook): boolean {
  const { eventName, args } = event
  if (eventName === 'Deposited' && args.asset === asset) get(args.account, args.amount)
  else if (eventName === 'Withdrawn' && args.asset === asset) give(args.account, args.amount)
  else if (eventName === 'Given' && args.asset === asset) {
    give(args.from, args.amount)
    get(args.to, args.amount)
  } else if (eventName === 'Reserved' && args.asset === asset) {
    give(args.account, args.amount)
    get(orderBook, args.amount)
  } else if (eventName === 'Unreserved' && args.asset === asset) {
    give(orderBook, args.amount)
    get(args.account, args.amount)
  } else return false
  return true
}

/** What moves between a lease and balances. */
function ofLease(event: EscrowEvent, { rewards, jobs }: Parties, { get, give, lease }: LineBook): void {
  const { eventName, args } = event
  if (eventName === 'LeaseExtended') {
    const known = lease(args.lease)
    known.deposited += args.amount
    give(known.terms.tenant, args.amount)
  } else if (eventName === 'LeaseSettled') {
    const known = lease(args.lease)
    known.paid += args.paid
    known.fees += args.fee
    // Paid: rounded down. A job's seconds stay 0.
    if (args.secondsPaid > 0) known.due = (known.terms.rate * BigInt(args.secondsPaid)) / HOUR
    get(known.terms.payout, args.paid)
    get(rewards, args.fee)
  } else if (eventName === 'LeaseEnded' || eventName === 'LeaseResolved') {
    const known = lease(args.lease)
    known.refunded += args.refunded
    get(known.terms.tenant, args.refunded)
  } else if (eventName === 'JobCharged') {
    give(lease(args.lease).terms.tenant, args.amount)
    get(jobs, args.amount)
  }
}
