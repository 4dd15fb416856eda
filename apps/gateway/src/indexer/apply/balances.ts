import type { Address } from 'viem'
import { balances } from '../../store/schema.ts'
import { addMovement, type Handlers, type Movement, type Step } from '../step.ts'
import { addToEnded } from './jobs.ts'

type Parts = { available?: bigint; inLeases?: bigint; inAuctions?: bigint }

/** Adds to the parts of an account's money in escrow. */
export async function changeBalance(step: Step, account: Address, asset: Address, change: Parts): Promise<void> {
  const found = await step.draft.get(balances, account, asset)
  const { available, inLeases, inAuctions } = found ?? { available: 0n, inLeases: 0n, inAuctions: 0n }
  step.draft.put(balances, {
    account,
    asset,
    available: available + (change.available ?? 0n),
    inLeases: inLeases + (change.inLeases ?? 0n),
    inAuctions: inAuctions + (change.inAuctions ?? 0n),
  })
}

/** Changes an account's available balance, and writes the movement down. */
export async function moveBalance(step: Step, movement: Omit<Movement, 'ledger'>, parts: Parts = {}): Promise<void> {
  const { account, asset, amount } = movement
  await changeBalance(step, account, asset, { ...parts, available: amount })
  addMovement(step, { ...movement, ledger: 'escrow' })
}

/** Money that comes into escrow, leaves it, and waits there for an auction on chain. The order book holds what is reserved. */
export const balanceHandlers: Handlers = {
  Deposited: ({ args: { account, asset, amount, from } }, step) =>
    moveBalance(step, { account, asset, amount, type: 'deposit', counterparty: from }),

  Withdrawn: ({ args: { account, asset, amount, to } }, step) =>
    moveBalance(step, { account, asset, amount: -amount, type: 'withdrawal', counterparty: to }),

  async Given({ args: { from, to, asset, amount } }, step) {
    await moveBalance(step, { account: from, asset, amount: -amount, type: 'given', counterparty: to })
    await moveBalance(step, { account: to, asset, amount, type: 'given', counterparty: from })
    if (from !== step.market.contracts.jobs) return
    await addToEnded(step, ({ tenant, toValidators, returned }) =>
      to === tenant ? { returned: returned + amount } : { toValidators: toValidators + amount },
    )
  },

  async Reserved({ args: { account, asset, amount } }, step) {
    const { orderBook } = step.market.contracts
    await moveBalance(step, { account, asset, amount: -amount, type: 'reserve' }, { inAuctions: amount })
    await moveBalance(step, { account: orderBook, asset, amount, type: 'reserve', counterparty: account })
  },

  async Unreserved({ args: { account, asset, amount } }, step) {
    const { orderBook } = step.market.contracts
    await moveBalance(step, { account, asset, amount, type: 'unreserve' }, { inAuctions: -amount })
    await moveBalance(step, { account: orderBook, asset, amount: -amount, type: 'unreserve', counterparty: account })
  },
}
