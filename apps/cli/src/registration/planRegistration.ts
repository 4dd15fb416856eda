import { formatAmount, formatDuration, InsufficientFundsError, TenderError } from '@tender/protocol'
import {
  findProvider,
  getAsset,
  getBalance,
  getCapacity,
  getChainTime,
  getGasMoney,
  getResource,
  getStake,
  type MarketAsset,
  type MarketClient,
  type Provider,
} from '@tender/sdk'
import { type Address, formatEther } from 'viem'

/** What a provider shall be. */
export type Wanted = {
  owner: Address
  operator: Address
  /** ISO 3166-1 alpha-2. */
  country: string
  /** Resource classes by their short names, and how many units of each are committed in all. */
  classes: readonly { resource: string; units: number }[]
  /** How long they are committed from now on. */
  seconds: number
}

/** What is missing until it is that. */
export type Registration = {
  /** Absent if it has to be registered. */
  provider: Provider | undefined
  /** Stake tokens to add, smallest units. */
  stake: bigint
  /** None if enough is committed. `until`: Unix seconds. */
  commitments: readonly { resource: string; units: number; until: number }[]
  /** The chain's own coin that the operator gets, wei. */
  gasMoney: bigint
  stakeToken: MarketAsset
}

/** Staked above what is locked: with nothing to spare, the smallest credit to a tenant would end all selling. */
const RESERVE_PERCENT = 10n

/** What to stake where so much is locked, with a reserve. */
export function stakeFor(locked: bigint): bigint {
  return locked + (locked * RESERVE_PERCENT) / 100n
}

/** What an operator without gas money is given: some ninety settlements of one lease. */
const GAS_FOR_OPERATOR = 5_000_000n

/** What an operator is given to pay fees with, wei: nothing if it has any, or is the owner itself. */
export async function gasMoneyFor(
  market: MarketClient,
  { owner, operator }: Pick<Wanted, 'owner' | 'operator'>,
): Promise<bigint> {
  const { balance, price } = await getGasMoney(market, { account: operator })
  return balance === 0n && operator !== owner ? price * GAS_FOR_OPERATOR : 0n
}

/**
 * Looks at the chain for what is there of a provider already.
 *
 * @throws {TenderError} `operatorTaken`, `countryDiffers`, `unknownResource`; {InsufficientFundsError}
 */
export async function planRegistration(market: MarketClient, wanted: Wanted): Promise<Registration> {
  const { owner, operator, classes, seconds } = wanted
  const provider = await findProvider(market, { operator })
  if (provider) checkSame(provider, wanted)
  const [pool, { timestamp }, stakeToken, gasMoney] = await Promise.all([
    provider && getStake(market, { provider: provider.id, account: owner }),
    getChainTime(market),
    getAsset(market, { asset: market.book.contracts.stakeToken }),
    gasMoneyFor(market, wanted),
  ])
  const missing = await Promise.all(
    classes.map((one) => missingOf(market, provider, { ...one, from: timestamp, until: timestamp + seconds })),
  )
  const lock = missing.reduce((sum, one) => sum + one.lock, 0n)
  const { bonded, locked } = pool ?? { bonded: 0n, locked: 0n }
  const isShort = lock > 0n || bonded < locked
  const stake = isShort ? atLeastZero(stakeFor(locked + lock) - bonded) : 0n
  await checkStake(market, owner, stake, stakeToken)
  return {
    provider,
    stake,
    commitments: missing.flatMap(({ commitment }) => commitment ?? []),
    gasMoney,
    stakeToken,
  }
}

type Promised = { resource: string; units: number; from: number; until: number }

/** What of a class is still to be committed, and the stake that this locks. */
async function missingOf(
  market: MarketClient,
  provider: Provider | undefined,
  { resource, units, from, until }: Promised,
): Promise<{ lock: bigint; commitment?: Registration['commitments'][number] }> {
  const [capacity, { listed, stakePerUnit }] = await Promise.all([
    provider && getCapacity(market, { provider: provider.id, resource }),
    getResource(market, { resource }),
  ])
  if (!listed) {
    throw new TenderError(`this market does not list the resource class ${resource}`, {
      code: 'unknownResource',
      class: 'user',
      hint: 'Governance lists classes; `cu` is the one that most markets have.',
    })
  }
  const committed = capacity?.committed ?? 0
  const missing = Math.max(0, units - committed)
  const over = (capacity?.until ?? 0) <= from
  if (missing === 0 && !over) return { lock: 0n }
  // A commit locks every unit anew at what a unit needs now.
  const lock = BigInt(committed + missing) * stakePerUnit - BigInt(committed) * (capacity?.stakePerUnit ?? 0n)
  return { lock, commitment: { resource, units: missing, until: Math.max(capacity?.until ?? 0, until) } }
}

/** What will be done, each as half a sentence; none if all is there. */
export function describeRegistration(registration: Registration, { country, seconds }: Wanted): string[] {
  const { provider, stake, commitments, gasMoney, stakeToken } = registration
  return [
    ...(provider ? [] : [`register a provider in ${country}`]),
    ...(stake > 0n ? [`stake ${formatAmount(stake, stakeToken)}`] : []),
    ...commitments.map(({ units, resource }) => `commit ${units} units of ${resource} for ${formatDuration(seconds)}`),
    ...(gasMoney > 0n ? [`give the operator ${formatEther(gasMoney)} of the chain's own coin for fees`] : []),
  ]
}

/** What was registered earlier is not changed in passing. */
function checkSame({ id, owner, country }: Provider, wanted: Wanted): void {
  if (owner !== wanted.owner) {
    throw new TenderError(`${wanted.operator} is the operator key of provider ${id}, which belongs to ${owner}`, {
      code: 'operatorTaken',
      class: 'conflict',
      hint: 'Use another key: each serves one provider. Make one with `tender account new`.',
      data: { provider: id, owner, operator: wanted.operator },
    })
  }
  if (country !== wanted.country) {
    throw new TenderError(`provider ${id} is registered in ${country}, not in ${wanted.country}`, {
      code: 'countryDiffers',
      class: 'conflict',
      hint: `Write --country ${country}, or register another provider with another operator key.`,
      data: { provider: id, country },
    })
  }
}

async function checkStake(market: MarketClient, owner: Address, needed: bigint, token: MarketAsset): Promise<void> {
  if (needed === 0n) return
  const { wallet } = await getBalance(market, { account: owner, asset: token.address })
  if (wallet >= needed) return
  throw new InsufficientFundsError(
    `${owner} has ${formatAmount(wallet, token)} of the ${formatAmount(needed, token)} to stake: ${formatAmount(needed - wallet, token)} are missing`,
    { needed, available: wallet, hint: `Send ${token.symbol} to it, or commit fewer units.` },
  )
}

function atLeastZero(amount: bigint): bigint {
  return amount > 0n ? amount : 0n
}
