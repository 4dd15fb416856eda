import { providerRegistryAbi } from '@tender/abi'
import { type Leaf, leaseId } from '@tender/protocol'
import * as sdk from '@tender/sdk'
import { testAccount } from '@tender/sdk/testMarket'
import { publicKeyOf } from '@tender/sdk/testReports'
import { addressOf, asOwner, evidence, freshLease, tokens, type World } from './testWorld.ts'

/** What ends badly, and must be tried for sure: it leaves little of the market. */
export async function ruin(w: World): Promise<void> {
  const [first, last] = w.providers
  if (!first || !last) throw new Error('two providers are needed')
  await haveUnits(w)
  await abandonLate(w)
  await withdrawRequests(w)
  await punish(w, first.id)
  await equivocate(w)
  const to = testAccount(5).address
  await asOwner(w, 'providerRegistry', providerRegistryAbi, 'transferFrom', (id, owner) => [owner, to, id])
}

/** Whatever happened before, all providers sell. */
async function haveUnits({ market, providers }: World): Promise<void> {
  for (const { id: provider, owner, operator } of providers) {
    const { timestamp } = await sdk.getChainTime(owner)
    await sdk.sendStakeTokens(market.governor, { to: addressOf(owner), amount: tokens(100) })
    await sdk.stake(owner, { provider, amount: tokens(100) })
    await sdk.commitCapacity(operator, { provider, resource: 'cu', units: 4, until: timestamp + 60 * 86_400 })
    await sdk.setProviderStatus(operator, { provider, status: 'active' })
  }
}

async function abandonLate(w: World): Promise<void> {
  const { lease } = await freshLease(w)
  await w.market.skip(700)
  const provider = w.providers.find(({ id }) => id === lease.provider)
  if (provider) await sdk.abandonLease(provider.operator, { lease, reason: 'abandoned', evidence })
}

async function withdrawRequests(w: World): Promise<void> {
  const { request } = await sdk.unstake(w.delegator, { provider: 1n, shares: await someShares(w) })
  await w.market.skip(3_700)
  await sdk.withdrawStake(w.delegator, { request })
}

async function someShares(w: World): Promise<bigint> {
  return (await sdk.stake(w.delegator, { provider: 1n, amount: tokens(3) })).shares
}

/** A report that takes all from everybody, and whatever it lets anybody do. */
async function punish(w: World, ruined: bigint): Promise<void> {
  const monitored = { uptimeBps: 9_900, verifier: w.market.book.contracts.eraReports }
  const { lease, tenant } = await freshLease(w, monitored)
  await joinAsSecond(w)
  await w.market.skip(600)
  const first = await w.monitor.report([{ kind: 'lease', lease: leaseId(lease), served: 500 }])
  const { dispute } = await sdk.openDispute(tenant, { lease, era: first.report.era, evidence })
  const serving = { era: first.report.era, proof: first.proof(0), served: 500 }
  await sdk.settleServedLease(w.delegator, { lease, proven: serving })
  const owed = { lease: leaseId(lease), provider: lease.provider, tenant: lease.tenant, amount: tokens(1_000) }
  const leaves: Leaf[] = [
    { kind: 'credit', ...owed },
    { kind: 'provider', provider: ruined, score: 8_500, rewards: tokens(900), slashed: tokens(100_000) },
    { kind: 'monitor', monitor: testAccount(9).address, asset: w.market.dollar, rewards: 10n ** 9n },
    { kind: 'monitorSlash', monitor: testAccount(8).address, slashed: tokens(120) },
    { kind: 'dispute', dispute, upheld: false },
    // There is no such provider or lease: the contracts take a report's word.
    { kind: 'provider', provider: 999n, score: 1, rewards: 0n, slashed: tokens(1) },
    { kind: 'credit', lease: evidence, provider: lease.provider, tenant: lease.tenant, amount: tokens(1) },
  ]
  const { report, proof } = await w.monitor.report(leaves)
  const proven = (index: number) => ({ era: report.era, proof: proof(index) })
  const figures = { score: 8_500, rewards: tokens(900), slashed: tokens(100_000) }
  const by = w.delegator
  await sdk.updateTrust(by, { provider: ruined, proven: { ...proven(1), ...figures } })
  await sdk.claimProviderRewards(by, { provider: ruined, proven: { ...proven(1), ...figures } })
  await sdk.applyCredit(by, { lease: owed.lease, proven: { ...proven(0), ...owed } })
  await sdk.applyProviderSlash(by, { provider: ruined, proven: { ...proven(1), ...figures } })
  const share = { ...proven(2), rewards: 10n ** 9n }
  await sdk.claimMonitorRewards(by, { monitor: testAccount(9).address, asset: w.market.dollar, proven: share })
  await sdk.applyMonitorSlash(by, { monitor: testAccount(8).address, proven: { ...proven(3), slashed: tokens(120) } })
  await sdk.resolveDispute(by, { dispute, proven: { ...proven(4), upheld: false } })
  const nobody = { score: 1, rewards: 0n, slashed: tokens(1) }
  await sdk.applyProviderSlash(by, { provider: 999n, proven: { ...proven(5), ...nobody } })
  await sdk.applyCredit(by, { lease: evidence, proven: { ...proven(6), ...owed, amount: tokens(1) } })
}

async function joinAsSecond(w: World): Promise<void> {
  const key = addressOf(w.second)
  if ((await sdk.getMonitors(w.delegator)).some((monitor) => monitor.key === key)) return
  await sdk.stake(w.second, { monitor: key, amount: tokens(300) })
  await sdk.joinMonitor(w.second, { weight: 200, publicKey: publicKeyOf(w.second), addresses: [] })
}

/** The second monitor signs two reports of one era. */
async function equivocate(w: World): Promise<void> {
  const said = { reports: w.market.book.contracts.eraReports, attempt: 0, round: 0, root: evidence, dataHash: evidence }
  const a = await sdk.signReport(w.second, { report: { ...said, era: 999n, coveredUntil: 1 } })
  const b = await sdk.signReport(w.second, { report: { ...said, era: 999n, coveredUntil: 2 } })
  await sdk.slashEquivocation(w.delegator, { a, b })
}
