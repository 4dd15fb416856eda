import { deposit, kinds, reasonCodes, resourceName } from '@tender/protocol'
import type { Hex } from 'viem'
import { auctions, incidents, leases, matches, NEVER, providers, settlements } from '../../store/schema.ts'
import { type Handlers, type Step, type TimedEvent, tell } from '../step.ts'
import { changeBalance, moveBalance } from './balances.ts'
import { changeLeased } from './capacity.ts'
import { addCharge, endJob, openJob } from './jobs.ts'

export type LeaseRow = typeof leases.$inferSelect
type Opened = Extract<TimedEvent, { type: 'LeaseOpened' }>['args']

/** Reasons that say that a provider left. */
const ABANDONED: readonly number[] = [
  reasonCodes.abandonedNoManifest,
  reasonCodes.abandonedCannotRun,
  reasonCodes.abandoned,
]

/** A lease's life, and the money that goes through it. */
export const leaseHandlers: Handlers = {
  async LeaseOpened({ args }, step) {
    const { lease: id, end, terms } = args
    const { tenant, provider, asset, order } = terms
    const cost = deposit(terms.rate, end - terms.start)
    const row = openedLease(args, step, cost)
    step.draft.create(leases, row)
    openJob(step, row)
    await countLease(step, provider)
    // An order that was auctioned on chain has its money and its units set aside; no other way leads from one to a lease.
    if (await step.draft.get(auctions, order)) {
      await changeBalance(step, tenant, asset, { inAuctions: -cost, inLeases: cost })
      const { orderBook: account } = step.market.contracts
      await moveBalance(step, { account, asset, amount: -cost, type: 'lease', lease: id, order, counterparty: tenant })
    } else {
      await moveBalance(
        step,
        { account: tenant, asset, amount: -cost, type: 'lease', lease: id, order },
        { inLeases: cost },
      )
      await changeLeased(step, provider, resourceName(terms.resource), terms.units)
    }
    addMatch(args, step)
  },

  async LeaseExtended({ args: { lease, end, amount } }, step) {
    const row = await leaseOf(step, lease)
    const { tenant: account, asset } = row
    step.draft.put(leases, { ...row, end, stop: end, deposited: row.deposited + amount })
    await moveBalance(step, { account, asset, amount: -amount, type: 'extension', lease }, { inLeases: amount })
    tellLease(step, row, 'LeaseExtended')
  },

  async LeaseEnded({ args: { lease, reason, closedAt, refunded, evidence } }, step) {
    const row = await leaseOf(step, lease)
    const { tx } = step.place
    step.ended = { tx, lease }
    const ended = { closedAt, stop: closedAt, reason, evidence, endedTx: tx }
    step.draft.put(leases, { ...row, ...ended, refunded: row.refunded + refunded })
    await refund(step, row, refunded)
    addIncident(step, row, reason)
    await endJob(step, row)
    tellLease(step, row, 'LeaseEnded')
  },

  async LeaseSettled({ args: { lease, secondsPaid, paid, fee } }, step) {
    const row = await leaseOf(step, lease)
    const settledUntil = row.byTime ? Math.min(step.place.at, row.stop) : row.settledUntil
    step.draft.put(leases, { ...row, secondsPaid, settledUntil, paid: row.paid + paid, fee: row.fee + fee })
    const { tenant, provider, payout, asset, resource, tier } = row
    await changeBalance(step, tenant, asset, { inLeases: -(paid + fee) })
    await moveBalance(step, {
      account: payout,
      asset,
      amount: paid,
      type: 'earning',
      lease,
      provider,
      counterparty: tenant,
    })
    const { rewards: account } = step.market.contracts
    await moveBalance(step, { account, asset, amount: fee, type: 'fee', lease, provider })
    const of = { lease, tenant, provider, payout, asset, resource, tier }
    step.draft.add(settlements, { ...step.place, ...of, seconds: secondsPaid - row.secondsPaid, paid, fee })
    tellLease(step, row, 'LeaseSettled')
  },

  async JobCharged({ args: { lease, amount } }, step) {
    const { tenant, verifier, asset } = await leaseOf(step, lease)
    const charge = { asset, type: 'verifyFee', lease } as const
    await moveBalance(step, { ...charge, account: tenant, amount: -amount, counterparty: verifier })
    await moveBalance(step, { ...charge, account: verifier, amount, counterparty: tenant })
    await addCharge(step, lease, amount)
  },

  async LeaseResolved({ args: { lease, refunded } }, step) {
    const row = await leaseOf(step, lease)
    const { tx: resolvedTx } = step.place
    step.draft.put(leases, { ...row, resolved: true, resolvedTx, refunded: row.refunded + refunded })
    await refund(step, row, refunded)
    tellLease(step, row, 'LeaseResolved')
  },

  async LeaseReleased({ args: { lease } }, step) {
    const row = await leaseOf(step, lease)
    step.draft.put(leases, { ...row, released: true })
    await changeLeased(step, row.provider, row.resource, -row.units)
    tellLease(step, row, 'LeaseReleased')
  },

  async FallbackEntered({ args: { lease, settledUntil } }, step) {
    const row = await leaseOf(step, lease)
    step.draft.put(leases, { ...row, byTime: true, settledUntil })
    tellLease(step, row, 'FallbackEntered')
  },

  async CreditApplied({ args: { lease, provider, amount, taken } }, step) {
    const seller = await step.draft.get(providers, provider)
    if (seller) step.draft.put(providers, { ...seller, credited: seller.credited + taken })
    step.draft.add(incidents, { ...step.place, provider, type: 'credit', lease, reason: null, amount: taken })
    // Which lease it is for is a report's word; the contract does not look.
    const row = await step.draft.get(leases, lease)
    if (!row) return
    step.draft.put(leases, { ...row, credited: amount, creditTaken: row.creditTaken + taken })
    tellLease(step, row, 'CreditApplied')
  },
}

/** @throws if it was never opened: then an event is missing */
export async function leaseOf({ draft }: Step, lease: Hex): Promise<LeaseRow> {
  const row = await draft.get(leases, lease)
  if (!row) throw new Error(`lease ${lease} was never opened`)
  return row
}

function openedLease({ lease: id, end, terms }: Opened, { place }: Step, cost: bigint): LeaseRow {
  const { index: replica, resource, ...rest } = terms
  return {
    id,
    ...place,
    ...rest,
    replica,
    resource: resourceName(resource),
    end,
    closedAt: 0,
    stop: terms.kind === kinds.job ? NEVER : end,
    secondsPaid: 0,
    settledUntil: terms.start,
    released: false,
    byTime: terms.uptimeBps === 0 && terms.kind === kinds.service,
    resolved: false,
    reason: reasonCodes.none,
    evidence: null,
    endedTx: null,
    resolvedTx: null,
    deposited: cost,
    paid: 0n,
    fee: 0n,
    refunded: 0n,
    credited: 0n,
    creditTaken: 0n,
  }
}

async function countLease({ draft }: Step, provider: bigint): Promise<void> {
  const row = await draft.get(providers, provider)
  if (row) draft.put(providers, { ...row, leases: row.leases + 1 })
}

function addMatch({ lease, end, terms }: Opened, step: Step): void {
  const { tenant, provider, asset, order, units, rate, start } = terms
  const resource = resourceName(terms.resource)
  const price = rate / BigInt(units)
  const match = { lease, order, tenant, provider, asset, resource, units, price }
  step.draft.add(matches, { ...step.place, ...match, duration: end - start })
  tell(step, 'match', { tenant, provider }, { ...match, provider: String(provider), price: String(price) })
  tell(step, 'lease', { tenant, provider }, { lease, event: 'LeaseOpened' })
  tell(step, 'order', { tenant }, { hash: order, event: 'matched' })
}

function refund(step: Step, { id: lease, tenant: account, asset }: LeaseRow, amount: bigint): Promise<void> {
  return moveBalance(step, { account, asset, amount, type: 'refund', lease }, { inLeases: -amount })
}

function addIncident({ draft, place }: Step, { id: lease, provider }: LeaseRow, reason: number): void {
  const vanished = reason === reasonCodes.endedByMonitors
  if (!vanished && !ABANDONED.includes(reason)) return
  const type = vanished ? 'endedByMonitors' : 'abandoned'
  draft.add(incidents, { ...place, provider, type, lease, reason, amount: null })
}

function tellLease(step: Step, { id: lease, tenant, provider }: LeaseRow, event: string): void {
  tell(step, 'lease', { tenant, provider }, { lease, event })
}
