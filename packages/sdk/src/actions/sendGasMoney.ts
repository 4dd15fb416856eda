import type { Address, Hex } from 'viem'
import type { ChainClient } from '../createMarketClient.ts'
import { send } from '../internal/send.ts'

export type SendGasMoneyParameters = {
  to: Address
  /** In the chain's own coin, wei. */
  amount: bigint
}
export type SendGasMoneyReturnType = { transaction: Hex }

/**
 * Sends some of the chain's own coin from the client's account, so that the receiver can pay for transactions.
 *
 * @throws {GasMoneyMissingError}
 *
 * @example
 * await sendGasMoney(market, { to: operator, amount: parseEther('0.01') })
 */
export async function sendGasMoney(
  client: ChainClient,
  { to, amount }: SendGasMoneyParameters,
): Promise<SendGasMoneyReturnType> {
  return { transaction: (await send(client, { to, data: '0x', value: amount })).transactionHash }
}
