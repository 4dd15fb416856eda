import { orderBookAbi } from '@tender/abi'
import type { LocalChain } from '@tender/localchain'
import { type Order, reasonCodes, type Terms } from '@tender/protocol'
import { createChainClient, deployMarket } from '@tender/sdk'
import { encodeFunctionData, type Hex } from 'viem'
import type { LocalAccount } from 'viem/accounts'
import type { Bench } from './chain.ts'
import { jobs } from './jobs.ts'
import { createGasMarket, type GasMarket, makeAccount, openedIn, price, type Seller, stakePerUnit } from './market.ts'
import { deployReference } from './reference.ts'
import { type ReportPlan, reportPlan, reports } from './reports.ts'
import { type Items, itemise } from './trace.ts'

/** One line of the report. `reference` is null where nothing bare was built to compare with. */
export type Row = { name: string; gas: number; reference: number | null; ratio: number | null }
export type Report = { rows: Row[]; items: { ours: Items; reference: Items } }

export type Scene = {
  bench: Bench
  market: GasMarket
  sellers: readonly Seller[]
  seller: Seller
  tenant: LocalAccount
  /** A nonce of the tenant that was not used yet. */
  nonce(): number
  add(name: string, gas: number, reference?: number): void
}

const HOUR_SECONDS = 3600
const DAY_SECONDS = 24 * HOUR_SECONDS
const MOST_REPLICAS = 32

/** Runs every scenario on a fresh market; jobs on one of their own, which has other monitors. */
export async function measure(bench: Bench, chain: LocalChain): Promise<Report> {
  const rows: Row[] = []
  const scene = await setTheScene(bench, chain, rows, MOST_REPLICAS)
  const items = await matches(scene)
  await history(scene)
  const lease = await life(scene)
  await batch(scene)
  await auction(scene)
  await monitored(scene, reportPlan)
  await others(scene)
  scene.add('lease.whole', lease)
  const another = await setTheScene(bench, chain, rows, 1)
  await jobs(another, (change) => openAll(another, another.sellers, change))
  return { rows, items }
}

/** Reports alone, on a fresh market: see {@link reports}. */
export async function measureReports(bench: Bench, chain: LocalChain, plan: ReportPlan): Promise<Row[]> {
  const rows: Row[] = []
  await monitored(await setTheScene(bench, chain, rows, 1), plan)
  return rows
}

/** A market in which everyone has done everything once, so that no slot that stays in use is still zero. */
async function setTheScene(bench: Bench, chain: LocalChain, rows: Row[], sellerCount: number): Promise<Scene> {
  const owner = await makeAccount(bench, 'owner')
  const client = await createChainClient({ rpcUrl: chain.url, chainId: 31_337, account: owner })
  const book = await deployMarket(client, {
    resources: [{ resource: 'cu', stakePerUnit }],
    testDollar: true,
    stake: { supply: 10n ** 27n },
  })
  const market = await createGasMarket(bench, book, owner)
  await market.supply()
  const tenant = await market.addTenant('tenant')
  const sellers: Seller[] = []
  for (let index = 0; index < sellerCount; index++) sellers.push(await market.addSeller(`seller ${index}`))
  const [seller] = sellers
  if (!seller) throw new Error('no seller')

  let nonces = 0
  const nonce = () => nonces++
  const add = (name: string, gas: number, reference?: number) => {
    rows.push({ name, gas, reference: reference ?? null, ratio: reference === undefined ? null : gas / reference })
  }
  const scene = { bench, market, sellers, seller, tenant, nonce, add }
  const [lease] = await openAll(scene, sellers)
  if (!lease) throw new Error('no lease')
  await bench.pass(HOUR_SECONDS)
  await bench.send(seller.operator, market.settle([lease]))
  return scene
}

async function openAll(scene: Scene, sellers: readonly Seller[], change: Partial<Order> = {}): Promise<Terms[]> {
  return openedIn(await sendToBook(scene, await matchOf(scene, sellers, change)))
}

async function matchOf({ market, tenant, nonce }: Scene, sellers: readonly Seller[], change: Partial<Order> = {}) {
  const order = await market.makeOrder(tenant, nonce(), { replicas: sellers.length, ...change })
  return market.matchData(tenant, order, sellers)
}

const sendToBook = ({ bench, market }: Scene, data: Hex) => bench.send(market.owner, market.orderBook(data))

/** Matches of 1 to 32 replicas under one provider's bid, and what the reference takes for the same calldata. */
async function matches(scene: Scene): Promise<Report['items']> {
  const { bench, market, sellers, seller, tenant, add } = scene
  const reference = await deployReference(bench, market.owner, tenant.address, market.asset)
  const refer = async (to: `0x${string}`, data: Hex) => bench.send(market.owner, { to, data })
  for (const to of [reference.oneSlot, reference.twoSlots]) await refer(to, await matchOf(scene, [seller]))

  const names = new Map<string, string>()
  for (const [name, address] of Object.entries(market.contracts)) names.set(address.toLowerCase(), name)
  for (const address of Object.values(reference)) names.set(address.toLowerCase(), 'orderBook')

  let items: Report['items'] | undefined
  const gasOf = new Map<number, number>()
  for (const replicas of [1, 2, 8, MOST_REPLICAS]) {
    const data = await matchOf(
      scene,
      Array.from({ length: replicas }, () => seller),
    )
    const bare = await refer(reference.oneSlot, data)
    const receipt = await sendToBook(scene, data)
    if (replicas === 1) {
      const two = await refer(reference.twoSlots, data)
      add('reference.oneSlot', Number(bare.gasUsed), Number(bare.gasUsed))
      add('reference.twoSlots', Number(two.gasUsed), Number(bare.gasUsed))
      items = {
        ours: await itemise(bench, receipt.transactionHash, market.contracts.orderBook, names),
        reference: await itemise(bench, bare.transactionHash, reference.oneSlot, names),
      }
    }
    gasOf.set(replicas, Number(receipt.gasUsed))
    add(`match.${replicas}`, Number(receipt.gasUsed), Number(bare.gasUsed))
  }
  add('match.furtherReplica', ((gasOf.get(MOST_REPLICAS) ?? 0) - (gasOf.get(1) ?? 0)) / (MOST_REPLICAS - 1))
  for (const machines of [8, MOST_REPLICAS]) {
    const data = await matchOf(scene, sellers.slice(0, machines))
    const bare = await refer(reference.oneSlot, data)
    const { gasUsed } = await sendToBook(scene, data)
    add(`match.${machines}.distinctProviders`, Number(gasUsed), Number(bare.gasUsed))
  }
  if (!items) throw new Error('nothing was traced')
  return items
}

/** The same match after 1, 10 and 100 orders of the same tenant with the same provider. */
async function history({ bench, market, add }: Scene): Promise<void> {
  const tenant = await market.addTenant('tenant with a history')
  const seller = await market.addSeller('seller with a history')
  let orders = 0
  for (const before of [1, 10, 100]) {
    let gas = 0
    for (; orders <= before; orders++) {
      const order = await market.makeOrder(tenant, orders)
      gas = Number(
        (await bench.send(market.owner, market.orderBook(await market.matchData(tenant, order, [seller])))).gasUsed,
      )
    }
    add(`match.1.after${before}`, gas)
  }
}

/** One lease from match to its last payment; and settling after other times. @returns the whole lease's gas */
async function life(scene: Scene): Promise<number> {
  const { bench, market, seller, tenant, add } = scene
  const opening = await sendToBook(scene, await matchOf(scene, [seller]))
  const [lease] = openedIn(opening)
  const [longer] = await openAll(scene, [seller])
  if (!lease || !longer) throw new Error('no lease')

  await bench.pass(HOUR_SECONDS)
  const settling = await bench.send(seller.operator, market.settle([lease]))
  add('settle.1h', Number(settling.gasUsed))
  const closing = await bench.send(tenant, market.close(lease))
  add('close', Number(closing.gasUsed))
  const last = await bench.send(seller.operator, market.settle([lease]))
  add('settle.last', Number(last.gasUsed))

  await bench.pass(10 * DAY_SECONDS)
  add('settle.10d', Number((await bench.send(seller.operator, market.settle([longer]))).gasUsed))

  await bench.send(market.owner, market.setFee(100))
  await bench.pass(HOUR_SECONDS)
  await bench.send(seller.operator, market.settle([longer]))
  await bench.pass(HOUR_SECONDS)
  add('settle.withFee', Number((await bench.send(seller.operator, market.settle([longer]))).gasUsed))
  await bench.pass(HOUR_SECONDS)
  add('settle.withFee.byPayout', Number((await bench.send(market.owner, market.settle([longer]))).gasUsed))
  return Number(opening.gasUsed + settling.gasUsed + closing.gasUsed)
}

/** 32 leases of one provider settled in one transaction. */
async function batch(scene: Scene): Promise<void> {
  const { bench, market, seller, add } = scene
  const leases: Terms[] = []
  while (leases.length < MOST_REPLICAS) leases.push(...(await openAll(scene, [seller])))
  await bench.pass(HOUR_SECONDS)
  const { gasUsed } = await bench.send(seller.operator, market.settle(leases))
  add('settle.batch32', Number(gasUsed))
  add('settle.batch32.perLease', Number(gasUsed) / leases.length)
}

/** One lease and 32 of the same provider, monitored. */
async function monitored(scene: Scene, plan: ReportPlan): Promise<void> {
  const { market, seller } = scene
  // Longer than all reports take, else the last would settle what is over.
  const change = { uptimeBps: 9_900, verifier: market.contracts.eraReports, duration: 60 * DAY_SECONDS }
  const leases = await openAll(scene, [seller], change)
  while (leases.length <= MOST_REPLICAS) leases.push(...(await openAll(scene, [seller], change)))
  await reports(scene, leases, plan)
}

async function others(scene: Scene): Promise<void> {
  const { bench, market, seller, tenant, add } = scene
  const now = await bench.now()
  add('deposit', Number((await bench.send(market.owner, market.deposit(tenant.address, 1_000_000n))).gasUsed))
  add('stake', Number((await bench.send(market.owner, market.stake(seller.provider, 10n * stakePerUnit))).gasUsed))
  const until = now + 400 * DAY_SECONDS
  add('commit', Number((await bench.send(seller.operator, market.commit(seller.provider, 10, until))).gasUsed))

  const [lease] = await openAll(scene, [seller])
  if (!lease) throw new Error('no lease')
  const end = lease.start + 40 * DAY_SECONDS
  add('extend', Number((await bench.send(tenant, market.extend(lease, end))).gasUsed))
  await bench.pass(HOUR_SECONDS)
  const leaving = await bench.send(seller.operator, market.abandon(lease, reasonCodes.abandoned))
  add('abandon', Number(leaving.gasUsed))
}

/** An auction on chain for two replicas: bids that fill it, one that evicts another, one that loses. */
async function auction(scene: Scene): Promise<void> {
  const { bench, market, sellers, tenant, nonce, add } = scene
  const order = await market.makeOrder(tenant, nonce(), { replicas: 2 })
  const post = encodeFunctionData({ abi: orderBookAbi, functionName: 'post', args: [order, '0x'] })
  add('bid.post', Number((await bench.send(tenant, market.orderBook(post))).gasUsed))

  const prices = { 'bid.first': price, 'bid.winning': price - 10n, 'bid.evicting': price - 20n, 'bid.losing': price }
  const offers = []
  for (const [index, [name, asked]] of Object.entries(prices).entries()) {
    const seller = sellers[index]
    if (!seller) throw new Error('no seller')
    const offer = market.makeBid(seller, order, asked)
    const args = [order, offer, await market.signBid(seller, offer)] as const
    const call = market.orderBook(encodeFunctionData({ abi: orderBookAbi, functionName: 'bid', args }))
    const loses = name === 'bid.losing'
    add(name, Number((await bench.send(seller.operator, call, { fails: loses })).gasUsed))
    if (!loses) offers.push(offer)
  }
  await bench.pass(order.auctionEnd - (await bench.now()) + 1)
  const [, winning, evicting] = offers
  if (!winning || !evicting) throw new Error('no bids')
  const args = [order, [evicting, winning], []] as const
  const award = encodeFunctionData({ abi: orderBookAbi, functionName: 'award', args })
  add('award', Number((await bench.send(market.owner, market.orderBook(award))).gasUsed))
}
