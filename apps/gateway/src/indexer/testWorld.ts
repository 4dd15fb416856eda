import type { Leaf, Order, Terms } from '@tender/protocol'
import * as sdk from '@tender/sdk'
import { orderOf, type TestMarket, type TestProvider, testAccount } from '@tender/sdk/testMarket'
import type { TestMonitor, TestReport } from '@tender/sdk/testReports'
import { type Abi, type Address, createWalletClient, http, keccak256, parseUnits, stringToHex, zeroAddress } from 'viem'

/** Who takes part, and what there is to act on. */
export type World = {
  market: TestMarket
  /** A whole number from 0, less than `below`; the same ones for the same seed. */
  random: (below: number) => number
  tenants: sdk.MarketClient[]
  providers: TestProvider[]
  delegator: sdk.MarketClient
  monitor: TestMonitor
  second: sdk.MarketClient
  leases: Terms[]
  auctions: Order[]
  requests: { client: sdk.MarketClient; request: bigint }[]
  disputes: bigint[]
  /** The last report, and what it says. */
  report: { said: TestReport; leaves: Leaf[] } | undefined
  nonce: bigint
}

/** Does something, or finds (`undefined`) nothing to do it with. */
export type Action = (world: World) => Promise<unknown>

export const tokens = (amount: number) => parseUnits(String(amount), 18)
export const evidence = keccak256(stringToHex('seen'))

/** Mulberry32. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

export function one<T>({ random }: World, list: readonly T[]): T {
  const chosen = list[random(list.length)]
  if (chosen === undefined) throw new Error('nothing to choose from')
  return chosen
}

export function addressOf({ account }: sdk.MarketClient): Address {
  return account?.address ?? zeroAddress
}

/** One of the last leases, and its tenant. */
export function someLease(w: World): { lease: Terms; tenant: sdk.MarketClient } | undefined {
  const lease = w.leases.at(-1 - w.random(6))
  const tenant = w.tenants.find((client) => addressOf(client) === lease?.tenant)
  return lease && tenant && { lease, tenant }
}

export function newOrder(w: World, tenant: sdk.MarketClient, over: Partial<Order>): Promise<Order> {
  w.nonce += 1n
  return orderOf(w.market, tenant, { nonce: w.nonce, ...over })
}

/** Matches a new order with bids of all providers. */
export async function match(
  w: World,
  tenant: sdk.MarketClient,
  over: Partial<Order>,
  replaced?: Terms,
): Promise<unknown> {
  const order = await newOrder(w, tenant, over)
  const { hash } = await sdk.signOrder(tenant, { order })
  const terms = { tier: order.tier, minSeconds: 0, noticeSeconds: 30, price: BigInt(8_000 + w.random(4_000)) }
  const offers = await Promise.all(w.providers.map((provider) => provider.bid(hash, terms)))
  const { leases } = await sdk.matchOrder(tenant, { order, offers, replaced })
  w.leases.push(...leases.map((lease) => lease.terms))
  return leases
}

/** A lease that was just opened. */
export async function freshLease(
  w: World,
  over: Partial<Order> = {},
): Promise<{ lease: Terms; tenant: sdk.MarketClient }> {
  const tenant = one(w, w.tenants)
  await match(w, tenant, over)
  const lease = w.leases.at(-1)
  if (!lease) throw new Error('no lease')
  return { lease, tenant }
}

export function openLeases(over: Partial<Order>): Action {
  return (w) => match(w, one(w, w.tenants), over)
}

/** Calls what no action is for, as the owner of a provider. */
export async function asOwner(
  { market, providers, random }: World,
  contract: 'staking' | 'providerRegistry',
  abi: Abi,
  functionName: string,
  args: (provider: bigint, owner: Address) => unknown[],
): Promise<unknown> {
  const index = random(providers.length)
  const { id } = providers[index] ?? { id: 0n }
  const wallet = createWalletClient({ account: testAccount(2 + 2 * index), transport: http(market.chain.url) })
  const address = market.book.contracts[contract]
  const hash = await wallet.writeContract({
    address,
    abi,
    functionName,
    args: args(id, testAccount(2 + 2 * index).address),
    chain: null,
  })
  return market.governor.rpc.waitForTransactionReceipt({ hash, pollingInterval: 20 })
}
