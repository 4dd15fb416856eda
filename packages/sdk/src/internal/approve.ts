import { testDollarAbi } from '@tender/abi'
import { type Address, encodeFunctionData } from 'viem'
import type { ChainClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'
import { accountOf, send } from './send.ts'

/** Lets `spender` take exactly `amount`, unless it may already. */
export async function approve(
  client: ChainClient,
  { token, spender, amount }: { token: Address; spender: Address; amount: bigint },
): Promise<void> {
  const owner = accountOf(client).address
  const allowed = await translated(
    client,
    client.rpc.readContract({ address: token, abi: testDollarAbi, functionName: 'allowance', args: [owner, spender] }),
  )
  if (allowed >= amount) return
  await send(client, {
    to: token,
    data: encodeFunctionData({ abi: testDollarAbi, functionName: 'approve', args: [spender, amount] }),
  })
}
