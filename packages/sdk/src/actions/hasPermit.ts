import { testDollarAbi } from '@tender/abi'
import { type Address, BaseError, ContractFunctionRevertedError, ContractFunctionZeroDataError } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

export type HasPermitParameters = { asset: Address }
export type HasPermitReturnType = boolean

/**
 * Whether a token has EIP-2612 permits, as far as its EIP-712 domain and nonces tell: then one transaction deposits.
 *
 * @example
 * const how = (await hasPermit(market, { asset })) ? depositWithPermit : deposit
 * await how(market, { asset, amount })
 */
export async function hasPermit(client: MarketClient, { asset }: HasPermitParameters): Promise<HasPermitReturnType> {
  const token = { address: asset, abi: testDollarAbi } as const
  const reading = Promise.all([
    client.rpc.readContract({ ...token, functionName: 'eip712Domain' }),
    client.rpc.readContract({ ...token, functionName: 'nonces', args: [asset] }),
  ]).then(
    () => true,
    (error) => {
      if (isMissing(error)) return false
      throw error
    },
  )
  return translated(client, reading)
}

/** The token has no such function. */
function isMissing(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false
  return (
    error.walk(
      (cause) => cause instanceof ContractFunctionRevertedError || cause instanceof ContractFunctionZeroDataError,
    ) !== null
  )
}
