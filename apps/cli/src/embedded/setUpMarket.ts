import { type Asset, parseAmount } from '@tender/protocol'
import {
  type AddressBook,
  type ChainClient,
  commitCapacity,
  createMarketClient,
  type DeployMarketParameters,
  deployMarket,
  deposit,
  findProvider,
  getBalance,
  getCapacity,
  getChainTime,
  getProvider,
  type MarketClient,
  mintTestDollars,
  type Provider,
  registerProvider,
  sendStakeTokens,
  signOperatorAcceptance,
  stake,
} from '@tender/sdk'
import { type Hex, parseEther } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { stakeFor } from '../registration/planRegistration.ts'
import { governorKey, newcomerKeys, type ProviderRole, providerRoles, tenantKey } from './cast.ts'

/** Stake tokens that one compute unit needs. */
const STAKE_PER_UNIT = parseEther('100')

/** 1 %: enough to be seen in the demo's arithmetic. */
const FEE_BPS = 100

/** Price forgiven by trust level 1 to 5: a trusted provider wins against a slightly cheaper one. */
const ADVANTAGE_BPS = [1500, 1000, 500, 0, 0] as const

/** Short, so that one sees them pass. */
export const ERA_SECONDS = 30

/** Stake tokens' smallest units for 10^18 of the test dollar's: a dollar is worth ten stake tokens. */
const DOLLAR_RATE = 10n ** 31n

/** What docs/reputation.md says is safe against renting from oneself; idle time counts for a tenth of leased time. */
const REWARD_POLICY = {
  providerBudget: parseEther('10'),
  feeFactorBps: 10_000,
  idleFactorBps: 1_000,
  mostOfFeesBps: 3_000,
} as const

/** A monitor's stake in whole tokens; and what a provider owes for an era below its promise: half of what the era cost. */
const MONITOR_POLICY = { minWeight: 100, creditBps: 5_000, disputeBond: parseEther('1') } as const

const TENANT_DOLLARS = '1000 USDC'
const TENANT_DEPOSIT = '100 USDC'
/** Enough for as many units as the market's providers have together. */
const NEWCOMER_STAKE = stakeFor(32n * STAKE_PER_UNIT)
const COMMITMENT_SECONDS = 365 * 86_400
const ACCEPTANCE_SECONDS = 3600
const START_WINDOW_SECONDS = 60

export type JobTiming = NonNullable<DeployMarketParameters['jobTiming']>

/**
 * A job's result is looked at for as long as it takes to type `tender job challenge`. Whoever draws and judges may have to share this
 * machine's cores with all the others.
 */
const JOB_TIMING: JobTiming = { challengeSeconds: 30, drawSeconds: 300, verdictSeconds: 120 }

export type EmbeddedRules = { eraSeconds?: number; startWindowSeconds?: number; jobTiming?: JobTiming }

/** Deploys the contracts with the rules of the embedded market. */
export function deployEmbedded(
  chain: ChainClient,
  { eraSeconds = ERA_SECONDS, startWindowSeconds = START_WINDOW_SECONDS, jobTiming = JOB_TIMING }: EmbeddedRules = {},
): Promise<AddressBook> {
  return deployMarket(chain, {
    testDollar: true,
    resources: [{ resource: 'cu', stakePerUnit: STAKE_PER_UNIT }],
    feeBps: FEE_BPS,
    policy: { maxAuctionSeconds: 3600, startWindowSeconds, tenantStake: 0n, advantageBps: ADVANTAGE_BPS },
    eras: { eraSeconds, activationDelaySeconds: Math.ceil(eraSeconds / 6), livenessEras: 10, maxVetoes: 3 },
    jobTiming,
    monitorPolicy: MONITOR_POLICY,
    rewardPolicy: REWARD_POLICY,
    assetRates: [DOLLAR_RATE],
    finalGraceSeconds: 3600,
    unbondingDelaySeconds: 86_400,
  })
}

/**
 * Registers, stakes and funds whoever is not yet. Every step looks at the chain first, so that a start that was killed is
 * finished by the next one.
 */
export async function setUpActors(rpcUrl: string, book: AddressBook, asset: Asset): Promise<void> {
  const as = (key: Hex) => createMarketClient({ rpcUrl, book, account: privateKeyToAccount(key) })
  const governor = await as(governorKey)
  await Promise.all([setUpProviders(governor, as), fundTenant(await as(tenantKey), asset), fundNewcomer(governor)])
}

async function setUpProviders(governor: MarketClient, as: (key: Hex) => Promise<MarketClient>): Promise<void> {
  const known: { role: ProviderRole; owner: MarketClient; provider: Provider }[] = []
  // One after the other, so that each has the same number in every market.
  for (const role of providerRoles) {
    const owner = await as(role.ownerKey)
    known.push({ role, owner, provider: await registered(role, owner, await as(role.operatorKey)) })
  }
  await Promise.all(known.map(({ role, owner, provider }) => equip(role, governor, owner, provider)))
}

async function registered(role: ProviderRole, owner: MarketClient, operator: MarketClient): Promise<Provider> {
  const known = await findProvider(owner, { operator: privateKeyToAccount(role.operatorKey).address })
  if (known) return known
  const { timestamp } = await getChainTime(owner)
  const consent = await signOperatorAcceptance(operator, {
    owner: privateKeyToAccount(role.ownerKey).address,
    expiry: timestamp + ACCEPTANCE_SECONDS,
  })
  return getProvider(owner, await registerProvider(owner, { ...consent, country: role.country }))
}

/** Its stake and its capacity. */
async function equip(role: ProviderRole, governor: MarketClient, owner: MarketClient, { id }: Provider) {
  const missing = role.units - (await getCapacity(owner, { provider: id, resource: 'cu' })).committed
  if (missing > 0) {
    const { timestamp } = await getChainTime(owner)
    const amount = stakeFor(STAKE_PER_UNIT * BigInt(missing))
    await sendStakeTokens(governor, { to: privateKeyToAccount(role.ownerKey).address, amount })
    await stake(owner, { provider: id, amount })
    await commitCapacity(owner, { provider: id, resource: 'cu', units: missing, until: timestamp + COMMITMENT_SECONDS })
  }
}

/** Gives an account test dollars to rent with, once. */
export async function fundTenant(tenant: MarketClient, asset: Asset): Promise<void> {
  const [token] = tenant.book.assets
  const account = tenant.account?.address
  if (!token || !account) return
  const { deposited, wallet } = await getBalance(tenant, { account, asset: token })
  // Once: what the tenant spent stays spent.
  if (deposited + wallet > 0n) return
  await mintTestDollars(tenant, { asset: token, to: account, amount: parseAmount(TENANT_DOLLARS, asset) })
  await deposit(tenant, { asset: token, amount: parseAmount(TENANT_DEPOSIT, asset) })
}

async function fundNewcomer(governor: MarketClient): Promise<void> {
  const { owner, operator } = newcomerKeys
  const to = privateKeyToAccount(owner).address
  const { wallet } = await getBalance(governor, { account: to, asset: governor.book.contracts.stakeToken })
  // Once: what a provider staked stays staked.
  if (wallet > 0n || (await findProvider(governor, { operator: privateKeyToAccount(operator).address }))) return
  await sendStakeTokens(governor, { to, amount: NEWCOMER_STAKE })
}
