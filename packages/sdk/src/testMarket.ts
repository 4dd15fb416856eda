import { type LocalChain, localChainId, type StartChainOptions, startChain } from '@tender/localchain'
import { type Offer, type Order, resourceId, tiers } from '@tender/protocol'
import { testOrder } from '@tender/protocol/testOrder'
import { type Address, type Hex, parseUnits, zeroAddress } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { commitCapacity } from './actions/commitCapacity.ts'
import { type DeployMarketParameters, deployMarket } from './actions/deployMarket.ts'
import { deposit } from './actions/deposit.ts'
import { getChainTime } from './actions/getChainTime.ts'
import { getProvider } from './actions/getProvider.ts'
import { mintTestDollars } from './actions/mintTestDollars.ts'
import { registerProvider } from './actions/registerProvider.ts'
import { sendStakeTokens } from './actions/sendStakeTokens.ts'
import { type SignedOffer, signOffer } from './actions/signOffer.ts'
import { signOperatorAcceptance } from './actions/signOperatorAcceptance.ts'
import { stake } from './actions/stake.ts'
import type { AddressBook } from './addressBook.ts'
import { createChainClient, createMarketClient, type MarketClient } from './createMarketClient.ts'

/** A market on a chain of its own, and the cheat codes of that chain. */
export type TestMarket = {
  chain: LocalChain
  book: AddressBook
  /** The test dollar, 6 decimals. */
  dollar: Address
  /** Deployed the market: governor, and holder of the stake tokens. */
  governor: MarketClient
  /** A client with the chain's funded account of that number; 0 is the governor. */
  client(account: number): Promise<MarketClient>
  /** Moves the chain's clock and mines a block. */
  skip(seconds: number): Promise<void>
  cheat(method: string, params: unknown[]): Promise<unknown>
  stop(): Promise<void>
}

export const feeBps = 100

/** One of anvil's funded accounts. */
export function testAccount(index: number) {
  return mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex: index })
}

/** An era of ten minutes, unless told: tests turn the clock. */
const usualEras: DeployMarketParameters['eras'] = {
  eraSeconds: 600,
  activationDelaySeconds: 10,
  livenessEras: 3,
  maxVetoes: 1,
}

export async function startTestMarket(
  options: StartChainOptions & Pick<Partial<DeployMarketParameters>, 'eras' | 'jobTiming'> = {},
): Promise<TestMarket> {
  const { eras = usualEras, jobTiming, ...chainOptions } = options
  const chain = await startChain(chainOptions)
  const account = testAccount(0)
  const deployer = await createChainClient({ rpcUrl: chain.url, chainId: localChainId, account })
  const book = await deployMarket(deployer, {
    testDollar: true,
    feeBps,
    resources: [{ resource: 'cu', stakePerUnit: parseUnits('10', 18) }],
    // A whole dollar is worth a whole stake token.
    assetRates: [10n ** 30n],
    rewardPolicy: {
      providerBudget: parseUnits('1000', 18),
      feeFactorBps: 10_000,
      idleFactorBps: 1_000,
      mostOfFeesBps: 5_000,
    },
    eras,
    jobTiming,
    unbondingDelaySeconds: 3600,
    finalGraceSeconds: 9000,
  })
  const [dollar] = book.assets
  if (!dollar) throw new Error('no dollar')
  const cheat = async (method: string, params: unknown[]) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const answer = await fetch(chain.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    // CAST: JSON-RPC
    const { result, error } = (await answer.json()) as { result?: unknown; error?: { message: string } }
    if (error) throw new Error(`${method}: ${error.message}`)
    return result
  }
  return {
    chain,
    book,
    dollar,
    governor: { ...deployer, book },
    client: (index) => createMarketClient({ rpcUrl: chain.url, book, account: testAccount(index) }),
    skip: async (seconds) => {
      await cheat('evm_increaseTime', [seconds])
      await cheat('evm_mine', [])
    },
    cheat,
    stop: chain.stop,
  }
}

export type TestProvider = {
  id: bigint
  owner: MarketClient
  operator: MarketClient
  /** Signs a bid on an order. */
  bid(order: Hex, over?: Partial<Offer>): Promise<SignedOffer>
}

/** Registers a provider with stake and `units` of capacity; its accounts are number `first` and the next. */
export async function addProvider(
  market: TestMarket,
  { first, units = 8, country = 'DE' }: { first: number; units?: number; country?: string },
): Promise<TestProvider> {
  const owner = await market.client(first)
  const operator = await market.client(first + 1)
  const { timestamp } = await getChainTime(owner)
  const address = testAccount(first).address
  const consent = await signOperatorAcceptance(operator, { owner: address, expiry: timestamp + 3600 })
  const { provider } = await registerProvider(owner, { ...consent, country })
  // Twice what the units lock, so that a penalty does not stop the provider.
  const amount = parseUnits('20', 18) * BigInt(units)
  await sendStakeTokens(market.governor, { to: address, amount })
  await stake(owner, { provider, amount })
  await commitCapacity(operator, { provider, resource: 'cu', units, until: timestamp + 30 * 86_400 })
  const bid = async (order: Hex, over: Partial<Offer> = {}) => {
    const now = await getChainTime(operator)
    const { offerEpoch } = await getProvider(operator, { provider })
    const offer = {
      ...offerTemplate(market.dollar),
      provider,
      offerEpoch,
      order,
      expiry: now.timestamp + 3600,
      ...over,
    }
    return signOffer(operator, { offer })
  }
  return { id: provider, owner, operator, bid }
}

/** A tenant with `amount` dollars in escrow. */
export async function addTenant(
  market: TestMarket,
  { account, amount }: { account: number; amount: bigint },
): Promise<MarketClient> {
  const client = await market.client(account)
  await mintTestDollars(client, { asset: market.dollar, to: testAccount(account).address, amount })
  await deposit(client, { asset: market.dollar, amount })
  return client
}

/** An unmonitored order of one unit for an hour at up to 0.02 USDC/h. */
export async function orderOf(market: TestMarket, tenant: MarketClient, over: Partial<Order> = {}): Promise<Order> {
  const { timestamp } = await getChainTime(tenant)
  const address = tenant.account?.address ?? zeroAddress
  const parties = { tenant: address, agent: address, asset: market.dollar }
  return testOrder({ ...parties, auctionEnd: timestamp + 10, expiry: timestamp + 600, ...over })
}

function offerTemplate(asset: Address) {
  return {
    resource: resourceId('cu'),
    asset,
    tier: tiers.standard,
    units: 1,
    price: 10_001n,
    minSeconds: 0,
    maxDuration: 86_400,
    noticeSeconds: 0,
    salt: 1n,
  }
}
