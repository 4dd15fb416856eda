import type { Address, Hex } from 'viem'
import { type Acting, type Action, useAction } from './useAction.ts'

export type DepositInput = { asset: Address; amount: bigint }

/** Deposits with a permit, or by approval where the token has no permits. */
export function useDeposit(): Action<DepositInput, { transaction: Hex; received: bigint }> {
  return useAction(async ({ market }: Acting, { asset, amount }: DepositInput) => {
    const { deposit, depositWithPermit, hasPermit } = await import('@tender/sdk')
    const how = (await hasPermit(market, { asset })) ? depositWithPermit : deposit
    return how(market, { asset, amount })
  })
}
