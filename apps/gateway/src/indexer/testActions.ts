import { providerRegistryAbi, stakingAbi } from '@tender/abi'
import { leaseId, type Report, tiers } from '@tender/protocol'
import * as sdk from '@tender/sdk'
import { testAccount } from '@tender/sdk/testMarket'
import { publicKeyOf } from '@tender/sdk/testReports'
import { applyLeaf, leavesOf } from './testConsequences.ts'
import {
  type Action,
  addressOf,
  asOwner,
  evidence,
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
    const found = someLease(w)
    if (!found) return
    const { lease, tenant } = found
    return sdk.extendLease(tenant, { lease, newEnd: lease.start + 3_600 + w.random(7_200) })
  },
  close: async (w) => {
    const found = someLease(w)
    if (!found) return
    const { lease, tenant } = found
    return sdk.closeLease(tenant, { lease })
  },
  abandon: async (w) => {
    const lease = someLease(w)?.lease
    const provider = w.providers.find(({ id }) => id === lease?.provider)
    const reasons = ['abandoned', 'abandonedCannotRun', 'interruptedWithNotice'] as const
    const reason = reasons[w.random(reasons.length)] ?? 'abandoned'
    return lease && provider && sdk.abandonLease(provider.operator, { lease, reason, evidence })
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
  bid: async (w) => {
    const order = w.auctions.at(-1)
    if (!order) return
    const provider = one(w, w.providers)
    const { hash } = await sdk.signOrder(w.delegator, { order })
    const offer = await provider.bid(hash, { price: BigInt(5_000 + w.random(9_000)), expiry: order.expiry })
    return sdk.bidOnChain(provider.operator, { order, ...offer })
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
    const { era } = await sdk.getNextReport(w.delegator)
    return sdk.vetoReport(w.market.governor, { era: era - 1n })
  },
  consequence: (w) => applyLeaf(w),
  consequences: async (w) => {
    for (let i = 0; i < 6; i++) await applyLeaf(w).catch(() => {}) // as likely as not there is nothing more to apply
    return true
  },
  dispute: async (w) => {
    const found = someLease(w)
    if (!found || !w.report) return
    const { lease, tenant } = found
    const { dispute } = await sdk.openDispute(tenant, { lease, era: w.report.said.report.era, evidence })
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
  equivocate: async (w) => {
    if (w.random(3) > 0) return
    const report: Report = {
      reports: w.market.book.contracts.eraReports,
      era: 999n,
      attempt: 0,
      round: 0,
      root: evidence,
      coveredUntil: 1,
      dataHash: evidence,
    }
    const a = await sdk.signReport(w.second, { report })
    return sdk.slashEquivocation(w.delegator, {
      a,
      b: await sdk.signReport(w.second, { report: { ...report, coveredUntil: 2 } }),
    })
  },
}
