import { failureClass, NotFoundError } from '@tender/protocol'
import { getMonitors, type MarketClient } from '@tender/sdk'
import { type Address, getAddress, isAddress } from 'viem'
import { setting } from '../command.ts'
import { findOwnProvider, readProviderId } from '../ownProvider.ts'
import type { Rewarded } from './rewardsOf.ts'

/** Options that say whose rewards. */
export const rewardedOptions = {
  provider: setting('number', "a provider's rewards; without this and --monitor, the account's own", readProviderId),
  monitor: setting('address', "a monitor's part of the fees", readAddress),
}

/**
 * Whose rewards are meant: who was named, else the monitor or the provider that the account is.
 *
 * @param own the account, asked for only if nobody was named
 * @throws {NotFoundError} `noProvider`: it is neither
 */
export async function whoIsRewarded(
  market: MarketClient,
  { provider, monitor }: { provider: bigint | undefined; monitor: Address | undefined },
  own: () => Promise<Address>,
): Promise<Rewarded[]> {
  const named = [...(provider === undefined ? [] : [{ provider }]), ...(monitor === undefined ? [] : [{ monitor }])]
  if (named.length > 0) return named
  const account = await own()
  const isMonitor = (await getMonitors(market)).some(({ key }) => key === account)
  if (!isMonitor) return [{ provider: (await findOwnProvider(market, account)).id }]
  return [{ monitor: account }, ...(await orNone(findOwnProvider(market, account)))]
}

async function orNone(found: Promise<{ id: bigint }>): Promise<Rewarded[]> {
  try {
    return [{ provider: (await found).id }]
  } catch (error) {
    if (failureClass(error) !== 'notFound') throw error
    return []
  }
}

function readAddress(written: string): Address {
  if (isAddress(written, { strict: false })) return getAddress(written)
  throw new NotFoundError(`"${written}" is no address`, { code: 'unknownMonitor' })
}

/** In words. */
export function nameOfRewarded(who: Rewarded): string {
  return 'provider' in who ? `provider ${who.provider}` : `monitor ${who.monitor}`
}
