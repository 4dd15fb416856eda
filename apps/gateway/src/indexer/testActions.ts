import { providerRegistryAbi, stakingAbi } from '@tender/abi'
import { leaseId, tiers } from '@tender/protocol'
import * as sdk from '@tender/sdk'
import { testAccount } from '@tender/sdk/testMarket'
import { nextReport, publicKeyOf } from '@tender/sdk/testReports'
import { applyLeaf, leavesOf } from './testConsequences.ts'
import {
  type Action,
  addressOf,
  asOwner,
  evidence,
  freshLease,
  match,
  newOrder,
  one,
  openLeases,
  someLease,
  tokens,
} from './testWorld.ts'

/** All that people do in a market, by name. */
export const actions: Readonly<Record<string, Action>> = {
  deposit: async (w) => {
    const [tenant, other] = [one(w, w.tenants), one(w, w.tenants)]
    const amount = BigInt(1 + w.random(9_000))
    await sdk.mintTestDollars(tenant, { asset: w.market.dollar, to: addressOf(tenant), amount })
    return sdk.deposit(tenant, { asset: w.market.dollar, amount, beneficiary: addressOf(other) })
  },
  withdraw: (w) => sdk.withdraw(one(w, w.tenants), { asset: w.market.dollar, amount: BigInt(w.random(5_000) + 1) }),
  earnings: (w) =>
    sdk.withdraw(one(w, w.providers).owner, { asset: w.market.dollar, amount: BigInt(w.random(500) + 1) }),

  match: openLeases({}),
  matchTwo: openLeases({ replicas: 2, spread: 1 }),
  monitored: (w) => openLeases({ uptimeBps: 9_900, verifier: w.market.book.contracts.eraReports })(w),
  interruptible: openLeases({ tier: tiers.interruptible, maxSilence: 1_000 }),
  replace: async (w) => {
    const previous = w.leases.at(-1)
    const tenant = previous && w.tenants.find((client) => addressOf(client) === previous.tenant)
    if (!tenant) return
    return match(w, tenant, { previous: leaseId(previous), handoverSeconds: 60 }, previous)
  },
  extend: async (w) => {
    const { lease, tenant } = await freshLease(w)
    return sdk.extendLease(tenant, { lease, newEnd: lease.start + 3_700 + w.random(7_200) })
  },
  close: async (w) => {
    const { lease, tenant } = await freshLease(w)
    await w.market.skip(w.random(1_000))
    return sdk.closeLease(tenant, { lease })
  },
  abandon: async (w) => {
    const { lease } = await freshLease(w)
    await w.market.skip(w.random(1_400))
    const provider = w.providers.find(({ id }) => id === lease.provider)
    const reason = w.random(3) === 0 ? 'abandonedCannotRun' : 'abandoned'
    return provider && sdk.abandonLease(provider.operator, { lease, reason, evidence })
  },
  settle: async (w) => {
    const provider = one(w, w.providers)
    const leases = w.leases.filter((lease) => lease.provider === provider.id && lease.uptimeBps === 0).slice(-3)
    return leases.length > 0 ? sdk.settleLeases(provider.operator, { leases }) : undefined
  },
  release: async (w) => {
    const lease = someLease(w)?.lease
    return lease && sdk.releaseLease(w.delegator, { lease })
  },
  finish: async (w) => {
    const lease = someLease(w)?.lease
    return lease && sdk.finishLease(w.delegator, { lease })
  },
  wait: (w) => w.market.skip(30 + w.random(900)),
  waitLong: (w) => w.market.skip(4_000),

  post: async (w) => {
    const order = await newOrder(w, one(w, w.tenants), { replicas: 1 + w.random(2) })
    const tenant = w.tenants.find((client) => addressOf(client) === order.tenant)
    if (!tenant) return
    const { order: hash } = await sdk.postOrder(tenant, { order })
    w.auctions.push(order)
    return hash
  },
  auction: async (w) => {
    const tenant = one(w, w.tenants)
    const { timestamp } = await sdk.getChainTime(tenant)
    const order = await newOrder(w, tenant, { auctionEnd: timestamp + 300, replicas: 1 + w.random(2) })
    const { order: hash } = await sdk.postOrder(tenant, { order })
    for (const price of [14_000n, 12_000n, 9_000n, 8_000n]) {
      const provider = one(w, w.providers)
      const offer = await provider.bid(hash, { price, expiry: order.expiry })
      await sdk.bidOnChain(provider.operator, { order, ...offer })
    }
    return w.auctions.push(order)
  },
  award: async (w) => {
    const order = w.auctions.at(-1)
    if (!order) return
    await w.market.skip(w.random(2) === 0 ? 320 : 2_000)
    const { leases } = await sdk.awardOrder(w.delegator, { order })
    w.leases.push(...leases.map(({ terms }) => terms))
    return w.auctions.pop()
  },
  cancel: async (w) => {
    const order = w.random(2) === 0 ? w.auctions.at(-1) : await newOrder(w, one(w, w.tenants), {})
    const tenant = w.tenants.find((client) => addressOf(client) === order?.tenant)
    return order && tenant && sdk.cancelOrder(tenant, { order })
  },

  stake: (w) =>
    sdk.stake(one(w, [w.delegator, ...w.tenants]), {
      provider: one(w, w.providers).id,
      amount: tokens(1 + w.random(20)),
    }),
  ownStake: async (w) => {
    const tenant = one(w, w.tenants)
    return sdk.stake(tenant, { monitor: addressOf(tenant), amount: tokens(5) })
  },
  unstake: async (w) => {
    const client = one(w, [w.delegator, w.delegator, w.providers[0]?.owner ?? w.delegator])
    const shares = BigInt(1 + w.random(30)) * 10n ** 23n
    const { request } = await sdk.unstake(client, { provider: one(w, w.providers).id, shares })
    w.requests.push({ client, request })
    return request
  },
  withdrawStake: async (w) => {
    const asked = w.requests[0]
    if (!asked) return
    const paid = await sdk.withdrawStake(asked.client, { request: asked.request })
    w.requests.shift()
    return paid
  },
  commission: (w) => asOwner(w, 'staking', stakingAbi, 'setCommission', (id) => [(1n << 160n) | id, w.random(3_000)]),
  claimCommission: (w) => sdk.claimStake(one(w, w.providers).owner),
  commit: async (w) => {
    const { timestamp } = await sdk.getChainTime(w.delegator)
    const { id: provider, operator } = one(w, w.providers)
    return sdk.commitCapacity(operator, {
      provider,
      resource: 'cu',
      units: w.random(3),
      until: timestamp + 40 * 86_400,
    })
  },
  uncommit: (w) => {
    const { id: provider, operator } = one(w, w.providers)
    return sdk.uncommitCapacity(operator, { provider, resource: 'cu', units: 1 + w.random(2) })
  },
  pause: (w) =>
    sdk.setProviderStatus(one(w, w.providers).operator, { provider: one(w, w.providers).id, status: 'paused' }),
  resume: (w) =>
    Promise.all(
      w.providers.map(({ id: provider, operator }) => sdk.setProviderStatus(operator, { provider, status: 'active' })),
    ),
  cancelOffers: (w) => sdk.cancelOffers(one(w, w.providers).operator, { provider: one(w, w.providers).id }),
  move: (w) => asOwner(w, 'providerRegistry', providerRegistryAbi, 'setCountry', (id) => [id, '0x4954']),
  payout: (w) => asOwner(w, 'providerRegistry', providerRegistryAbi, 'setPayout', (id) => [id, testAccount(5).address]),

  report: async (w) => {
    const leaves = leavesOf(w)
    w.report = { said: await w.monitor.report(leaves), leaves }
    return true
  },
  veto: async (w) => {
    await w.market.skip(60)
    const report = await nextReport(w.monitor.client, evidence)
    const { signature } = await sdk.signReport(w.monitor.client, { report })
    await sdk.postReport(w.monitor.client, { report, signatures: [{ index: w.monitor.index, signature }] })
    return w.random(2) === 0 ? true : sdk.vetoReport(w.market.governor, { era: report.era })
  },
  consequence: (w) => applyLeaf(w),
  consequences: async (w) => {
    for (let i = 0; i < 6; i++) await applyLeaf(w).catch(() => {}) // as likely as not there is nothing more to apply
    return true
  },
  dispute: async (w) => {
    const era = w.report?.said.report.era
    const lease = w.leases.findLast(({ uptimeBps }) => uptimeBps > 0)
    const tenant = w.tenants.find((client) => addressOf(client) === lease?.tenant)
    if (!lease || !tenant || era === undefined) return
    const { dispute } = await sdk.openDispute(tenant, { lease, era, evidence })
    return w.disputes.push(dispute)
  },
  forgetDispute: async (w) => {
    const dispute = w.disputes[0]
    return dispute === undefined ? undefined : sdk.expireDispute(w.delegator, { dispute })
  },
  attest: async (w) => {
    await sdk.setAuditor(w.market.governor, { auditor: testAccount(7).address, named: true })
    const { timestamp } = await sdk.getChainTime(w.delegator)
    return sdk.attestProvider(w.delegator, {
      provider: one(w, w.providers).id,
      resultBps: 9_000,
      evidence,
      expiry: timestamp + 3_600,
    })
  },
  joinSecond: async (w) => {
    const monitor = testAccount(8).address
    await sdk.stake(w.second, { monitor, amount: tokens(150) })
    return sdk.joinMonitor(w.second, { weight: 10 + 100, publicKey: publicKeyOf(w.second), addresses: [] })
  },
  leaveSecond: async (w) => {
    const left = await sdk.setMonitorWeight(w.second, { weight: 0 })
    await w.market.skip(1_300)
    await sdk.unlockMonitor(w.delegator, { index: 1 })
    return left
  },
  fallback: async (w) => {
    const { lease } = await freshLease(w, {
      uptimeBps: 9_900,
      verifier: w.market.book.contracts.eraReports,
      duration: 7_200,
    })
    await w.market.skip(3 * 600 + 1)
    const provider = w.providers.find(({ id }) => id === lease.provider)
    const proven = { era: 0n, served: 0, proof: [] }
    return provider && sdk.settleByFallback(provider.operator, { lease, proven })
  },
}
