import { type JobTerms, jobTermsHash, kinds, marketDomain, type Terms } from '@tender/protocol'
import {
  abandonLease,
  acceptJob,
  applyCredit,
  applyProviderSlash,
  beginJob,
  bidOnChain,
  cancelJob,
  challengeJob,
  claimMonitorRewards,
  claimProviderRewards,
  closeLease,
  deposit,
  drawJob,
  expireJob,
  extendLease,
  finishLease,
  getJob,
  type MarketClient,
  matchOrder,
  postOrder,
  resolveJob,
  settleLeases,
  settleServedLease,
  settleServedLeases,
  signAward,
  signOrder,
  signVerdict,
  submitJob,
  withdraw,
} from '@tender/sdk'
import {
  addProvider,
  addTenant,
  orderOf,
  startTestMarket,
  type TestMarket,
  type TestProvider,
  testAccount,
} from '@tender/sdk/testMarket'
import { joinTestMonitor } from '@tender/sdk/testReports'
import { type Hex, keccak256, parseUnits, stringToHex } from 'viem'

const jobTerms: JobTerms = {
  ...{ tasks: 20, sample: 3, validators: 2, comparator: keccak256('0x'), deadlineSeconds: 7200 },
  ...{ cancelFee: 777n, verifyFee: 301n, inputs: keccak256(stringToHex('inputs')) },
}
const resultRoot = keccak256(stringToHex('result'))
const cid = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi'

type Players = { market: TestMarket; tenant: MarketClient; provider: TestProvider; monitors: MarketClient[] }
let nonce = 0n

/** A market in which everything that a lease, a job or stake can go through was gone through once, honestly. */
export async function playHistory(): Promise<TestMarket> {
  const market = await startTestMarket()
  const tenant = await addTenant(market, { account: 1, amount: 1_000_000n })
  const provider = await addProvider(market, { first: 2 })
  const players = { market, tenant, provider, monitors: [await market.client(8), await market.client(9)] }
  await playTimed(players)
  await playAuction(players)
  await playMonitored(players)
  await playJobs(players)
  await withdraw(provider.owner, { asset: market.dollar, amount: 1_000n })
  await deposit(provider.owner, { asset: market.dollar, amount: 500n })
  return market
}

type Over = Parameters<typeof orderOf>[2]

/** `byProvider`: the match is sent by the provider, with the tenant's consent. */
async function open(
  { market, tenant, provider }: Players,
  over: Over = {},
  how: { byProvider?: boolean; replaced?: Terms } = {},
) {
  nonce += 1n
  const { order, hash } = await signOrder(tenant, { order: await orderOf(market, tenant, { nonce, ...over }) })
  const match = { order, offers: [await provider.bid(hash)], replaced: how.replaced }
  const consent = await signAward(tenant, {
    order,
    offers: match.offers.map(({ offer }) => offer),
    deadline: order.expiry,
  })
  const { leases } = await (how.byProvider
    ? matchOrder(provider.operator, { ...match, consent })
    : matchOrder(tenant, match))
  const [lease] = leases
  if (!lease) throw new Error('no lease')
  return lease
}

/** Paid by time: settled, extended, closed; given back; abandoned; replaced; claimed by nobody. */
async function playTimed(players: Players): Promise<void> {
  const { market, tenant, provider } = players
  const first = await open(players, { maxSilence: 600 }, { byProvider: true })
  await market.skip(1000)
  await settleLeases(provider.operator, { leases: [first.terms] })
  await extendLease(tenant, { lease: first.terms, newEnd: first.end + 3600 })
  await market.skip(500)
  await closeLease(tenant, { lease: first.terms })
  await settleLeases(provider.operator, { leases: [first.terms] })
  const back = await open(players)
  await abandonLease(provider.operator, { lease: back.terms, reason: 'abandonedCannotRun' })
  const left = await open(players)
  const replaced = await open(players)
  await market.skip(left.terms.startWindow + 1)
  await abandonLease(provider.operator, { lease: left.terms, reason: 'abandoned' })
  await settleLeases(provider.operator, { leases: [left.terms] })
  const next = await open(players, { previous: replaced.leaseId, handoverSeconds: 60 }, { replaced: replaced.terms })
  await market.skip(3601)
  await settleLeases(provider.operator, { leases: [next.terms] })
  await market.skip(9000)
  await finishLease(tenant, { lease: replaced.terms })
}

async function playAuction({ market, tenant, provider }: Players): Promise<void> {
  nonce += 1n
  const order = await orderOf(market, tenant, { nonce })
  const { order: hash } = await postOrder(tenant, { order })
  await bidOnChain(provider.operator, { order, ...(await provider.bid(hash, { expiry: order.expiry })) })
}

/** Paid by reports, alone and several at once; a credit, a slash, rewards and fees. */
async function playMonitored(players: Players): Promise<void> {
  const { market, tenant, provider, monitors } = players
  const [client] = monitors
  if (!client) throw new Error('no monitor')
  const monitor = await joinTestMonitor(client, market.governor)
  const monitored = { uptimeBps: 9_900, verifier: market.book.contracts.eraReports }
  const [a, b, c] = [await open(players, monitored), await open(players, monitored), await open(players, monitored)]
  await market.skip(1800)
  const token = parseUnits('1', 18)
  const figures = { score: 9_000, rewards: 40n * token, slashed: 3n * token }
  const credit = { provider: provider.id, tenant: testAccount(1).address, amount: 2n * token }
  const fee = { kind: 'monitor', monitor: testAccount(8).address, asset: market.dollar, rewards: 5n } as const
  const { report, proof, multiproof } = await monitor.report([
    { kind: 'lease', lease: a.leaseId, served: 1700 },
    { kind: 'lease', lease: b.leaseId, served: 99_999 },
    { kind: 'lease', lease: c.leaseId, served: 0 },
    { kind: 'provider', provider: provider.id, ...figures },
    { kind: 'credit', lease: a.leaseId, ...credit },
    fee,
  ])
  const { era } = report
  await settleServedLease(tenant, { lease: a.terms, proven: { era, served: 1700, proof: proof(0) } })
  const several = multiproof([1, 2])
  const served = several.order.map((index) =>
    index === 1 ? { lease: b.terms, served: 99_999 } : { lease: c.terms, served: 0 },
  )
  await settleServedLeases(tenant, { era, leases: served, proof: several.proof, flags: several.flags })
  await applyCredit(tenant, { lease: a.leaseId, proven: { era, ...credit, proof: proof(4) } })
  await applyProviderSlash(tenant, { provider: provider.id, proven: { era, ...figures, proof: proof(3) } })
  await claimProviderRewards(tenant, { provider: provider.id, proven: { era, ...figures, proof: proof(3) } })
  await claimMonitorRewards(tenant, {
    monitor: fee.monitor,
    asset: market.dollar,
    proven: { era, rewards: 5n, proof: proof(5) },
  })
}

/** Judged good, judged bad after a challenge, accepted, cancelled, too late. */
async function playJobs(players: Players): Promise<void> {
  const { market, tenant, provider, monitors } = players
  const second = monitors[1]
  if (second) await joinTestMonitor(second, market.governor)
  const good = await drawn(players)
  await market.skip(3600)
  await resolveJob(tenant, {
    lease: good.lease,
    jobTerms,
    passed: true,
    signatures: await verdicts(players, good, true),
  })
  const bad = await drawn(players)
  await challengeJob(tenant, { lease: bad.terms, jobTerms, tasks: [4, 19] })
  await resolveJob(tenant, {
    lease: bad.lease,
    jobTerms,
    passed: false,
    signatures: await verdicts(players, bad, false),
  })
  const accepted = await drawn(players)
  await acceptJob(tenant, { lease: accepted.lease, jobTerms })
  const cancelled = await openJob(players)
  await beginJob(provider.operator, { lease: cancelled.terms, jobTerms })
  await cancelJob(tenant, { lease: cancelled.terms, jobTerms })
  const late = await openJob(players)
  await beginJob(provider.operator, { lease: late.terms, jobTerms })
  await market.skip(7200)
  await expireJob(tenant, { lease: late.terms, jobTerms })
  const running = await openJob(players)
  await beginJob(provider.operator, { lease: running.terms, jobTerms })
}

async function openJob(players: Players) {
  const { chainId, contracts } = players.market.book
  const domain = marketDomain({ chainId, orderBook: contracts.orderBook })
  return open(players, { kind: kinds.job, verifier: contracts.jobs, jobTerms: jobTermsHash(domain, jobTerms) })
}

async function drawn(players: Players) {
  const { market, tenant, provider } = players
  const { terms, leaseId: lease } = await openJob(players)
  await beginJob(provider.operator, { lease: terms, jobTerms })
  await submitJob(provider.operator, { lease: terms, jobTerms, resultRoot, cid })
  await market.cheat('anvil_mine', ['0x3'])
  const { validators } = await drawJob(tenant, { lease: terms, jobTerms })
  return { terms, lease, validators }
}

async function verdicts(
  { tenant, monitors }: Players,
  { lease, validators }: { lease: Hex; validators: readonly Hex[] },
  passed: boolean,
) {
  const { commitment: seed } = await getJob(tenant, { lease })
  return Promise.all(
    validators.map(async (validator) => {
      const client = monitors.find(({ account }) => account?.address === validator)
      if (!client) throw new Error(`${validator} is no monitor`)
      return { validator, signature: (await signVerdict(client, { lease, seed, passed })).signature }
    }),
  )
}
