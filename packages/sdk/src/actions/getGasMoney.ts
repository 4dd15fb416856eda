import type { Address } from 'viem'
import type { ChainClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

export type GetGasMoneyParameters = { account: Address }

/** In the chain's own coin, wei. */
export type GetGasMoneyReturnType = {
  balance: bigint
  /** What a unit of gas costs at most, now. */
  price: bigint
}

/**
 * What an account has to pay for transactions with, and what they cost.
 *
 * @example
 * const { balance, price } = await getGasMoney(market, { account: operator })
 * // 0n, 1000000007n
 */
export async function getGasMoney(
  client: ChainClient,
  { account }: GetGasMoneyParameters,
): Promise<GetGasMoneyReturnType> {
  const [balance, { maxFeePerGas }] = await translated(
    client,
    Promise.all([client.rpc.getBalance({ address: account }), client.rpc.estimateFeesPerGas()]),
  )
  return { balance, price: maxFeePerGas }
}
