import { NotFoundError, TenderError } from '@tender/protocol'
import { findProvider, getProvider, getProviders, type MarketClient, type Provider } from '@tender/sdk'
import type { Address } from 'viem'

/**
 * The provider that an account operates or owns.
 *
 * @throws {NotFoundError} `noProvider`; {TenderError} `severalProviders`
 */
export async function findOwnProvider(market: MarketClient, account: Address): Promise<Provider> {
  const operated = await findProvider(market, { operator: account })
  if (operated) return operated
  const owned = await onlyOneOf(market, account, 'Act as the operator of one of them with --account.')
  if (owned) return owned
  throw new NotFoundError(`${account} neither operates nor owns a provider`, {
    code: 'noProvider',
    hint: 'Name the right account with --account.',
  })
}

/**
 * The provider that an account owns, for what only its owner may do.
 *
 * @param id which, where that was said
 * @throws {NotFoundError} `noProvider`, `unknownProvider`; {TenderError} `severalProviders`, `notOwner`
 */
export async function findOwnedProvider(
  market: MarketClient,
  account: Address,
  id: bigint | undefined,
): Promise<Provider> {
  const provider =
    id === undefined
      ? await onlyOneOf(market, account, 'Say which with --provider.')
      : await getProvider(market, { provider: id })
  if (provider === undefined) {
    throw new NotFoundError(`${account} owns no provider`, {
      code: 'noProvider',
      hint: "Name the owner's account with --account.",
    })
  }
  if (provider.owner === account) return provider
  throw new TenderError(`provider ${provider.id} belongs to ${provider.owner}, not to ${account}`, {
    code: 'notOwner',
    class: 'denied',
    hint: "Name the owner's account with --account.",
  })
}

/** @throws {TenderError} `severalProviders` */
async function onlyOneOf(market: MarketClient, owner: Address, hint: string): Promise<Provider | undefined> {
  const [owned, ...others] = (await getProviders(market)).filter((provider) => provider.owner === owner)
  if (!owned || others.length === 0) return owned
  const ids = [owned, ...others].map(({ id }) => id).join(', ')
  throw new TenderError(`${owner} owns providers ${ids}`, { code: 'severalProviders', class: 'user', hint })
}

/** A provider's number as typed. @throws {NotFoundError} `unknownProvider` */
export function readProviderId(written: string): bigint {
  if (/^[1-9]\d{0,18}$/.test(written)) return BigInt(written)
  throw new NotFoundError(`"${written}" is no provider: they are numbers`, { code: 'unknownProvider' })
}
