import { formatAmount } from '@tender/protocol'
import {
  commitCapacity,
  getChainTime,
  type MarketClient,
  type OperatorConsent,
  registerProvider,
  sendGasMoney,
  signOperatorAcceptance,
  stake,
} from '@tender/sdk'
import { type Address, formatEther, type LocalAccount } from 'viem'
import type { Registration, Wanted } from './planRegistration.ts'

export type PerformOptions = {
  market: MarketClient
  wanted: Wanted
  /** Decrypts the key that pays. */
  openOwner(): Promise<LocalAccount>
  /** Decrypts the operator's key, which is needed only to register. */
  openOperator(): Promise<LocalAccount>
  /** Told of each thing that was done. */
  onDone(what: string): void
}

/** The operator signs and the owner sends at once; this leaves room for a slow chain. */
const ACCEPTANCE_SECONDS = 3600

/**
 * Does what a registration lacks, step by step; opens no key if that is nothing. One that is cut short is planned anew and
 * goes on.
 *
 * @returns the provider's id
 */
export async function performRegistration(registration: Registration, options: PerformOptions): Promise<bigint> {
  const { stakeToken, stake: amount, commitments, gasMoney } = registration
  if (registration.provider && amount === 0n && commitments.length === 0 && gasMoney === 0n)
    return registration.provider.id
  const { wanted, onDone } = options
  const market = { ...options.market, account: await options.openOwner() }
  const provider = registration.provider?.id ?? (await register(market, options))
  if (amount > 0n) {
    await stake(market, { provider, amount })
    onDone(`${formatAmount(amount, stakeToken)} staked`)
  }
  for (const commitment of commitments) {
    const { committed } = await commitCapacity(market, { provider, ...commitment })
    onDone(`${committed} units of ${commitment.resource} committed`)
  }
  if (gasMoney > 0n) {
    await sendGasMoney(market, { to: wanted.operator, amount: gasMoney })
    onDone(`${formatEther(gasMoney)} of the chain's own coin given to the operator, to pay fees with`)
  }
  return provider
}

/** The operator's signed consent, for which it has to be here. */
export async function consentOf(
  market: MarketClient,
  operator: LocalAccount,
  owner: Address,
): Promise<OperatorConsent> {
  const { timestamp } = await getChainTime(market)
  const expiry = timestamp + ACCEPTANCE_SECONDS
  return signOperatorAcceptance({ ...market, account: operator }, { owner, expiry })
}

async function register(market: MarketClient, options: PerformOptions): Promise<bigint> {
  const { owner, country } = options.wanted
  const consent = await consentOf(market, await options.openOperator(), owner)
  const { provider } = await registerProvider(market, { ...consent, country })
  options.onDone(`registered as provider ${provider} in ${country}`)
  return provider
}
