import { getAsset, getReportRules, type MarketClient } from '@tender/sdk'
import { hashMessage, recoverMessageAddress } from 'viem'
import type { ApiChain } from './apiOptions.ts'

/**
 * What the API asks of a chain, through the SDK. What never changes is asked for once.
 *
 * @example
 * const chain = createApiChain(market)
 */
export function createApiChain(client: MarketClient): ApiChain {
  const { book } = client
  let timing: ReturnType<ApiChain['eraTiming']> | undefined
  return {
    book,
    asset: (address) => getAsset(client, { asset: address }),
    eraTiming() {
      timing ??= readTiming(client)
      timing.catch(() => {
        timing = undefined
      })
      return timing
    },
    async signed({ address, message, signature }) {
      const signer = await recoverMessageAddress({ message, signature }).catch(() => undefined)
      if (signer === address) return true
      return client.rpc.verifyHash({ address, hash: hashMessage(message), signature })
    },
  }
}

async function readTiming(client: MarketClient) {
  const { eraSeconds, genesis, activationDelaySeconds, livenessEras } = await getReportRules(client)
  return { eraSeconds, genesis, activationDelaySeconds, livenessEras }
}
