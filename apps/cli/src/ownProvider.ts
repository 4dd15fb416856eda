import { NotFoundError, TenderError } from '@tender/protocol'
import { findProvider, getProviders, type MarketClient, type Provider } from '@tender/sdk'
import type { Address } from 'viem'

/**
 * The provider that an account operates or owns.
 *
 * @throws {NotFoundError} `noProvider`; {TenderError} `severalProviders`
 */
export async function findOwnProvider(market: MarketClient, account: Address): Promise<Provider> {
  const operated = await findProvider(market, { operator: account })
  if (operated) return operated
  const [owned, ...others] = (await getProviders(market)).filter(({ owner }) => owner === account)
  if (!owned) {
    throw new NotFoundError(`${account} neither operates nor owns a provider`, {
      code: 'noProvider',
      hint: 'Name the right account with --account.',
    })
  }
  if (others.length === 0) return owned
  const ids = [owned, ...others].map(({ id }) => id).join(', ')
  throw new TenderError(`${account} owns providers ${ids}`, {
    code: 'severalProviders',
    class: 'user',
    hint: 'Act as the operator of one of them with --account.',
  })
}
