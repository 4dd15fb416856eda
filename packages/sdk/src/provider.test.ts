import { parseUnits } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cancelOffers } from './actions/cancelOffers.ts'
import { commitCapacity } from './actions/commitCapacity.ts'
import { countProviders } from './actions/countProviders.ts'
import { findCommitments } from './actions/findCommitments.ts'
import { findProvider } from './actions/findProvider.ts'
import { getCapacity } from './actions/getCapacity.ts'
import { getChainTime } from './actions/getChainTime.ts'
import { getProvider } from './actions/getProvider.ts'
import { getProviders } from './actions/getProviders.ts'
import { getResource } from './actions/getResource.ts'
import { getStake } from './actions/getStake.ts'
import { setOperator } from './actions/setOperator.ts'
import { setPayout } from './actions/setPayout.ts'
import { setProviderStatus } from './actions/setProviderStatus.ts'
import { signOperatorAcceptance } from './actions/signOperatorAcceptance.ts'
import { transferProvider } from './actions/transferProvider.ts'
import { uncommitCapacity } from './actions/uncommitCapacity.ts'
import { unstake } from './actions/unstake.ts'
import { updateTrust } from './actions/updateTrust.ts'
import { withdrawStake } from './actions/withdrawStake.ts'
import { addProvider, startTestMarket, type TestMarket, type TestProvider, testAccount } from './testMarket.ts'
import { joinTestMonitor } from './testReports.ts'

let market: TestMarket
let provider: TestProvider
const owner = testAccount(1).address

beforeAll(async () => {
  market = await startTestMarket()
  provider = await addProvider(market, { first: 1 })
})
afterAll(() => market.stop())

test('a new provider is known by id and by operator key', async () => {
  const known = await getProvider(provider.owner, { provider: provider.id })
  expect(known).toMatchObject({
    id: 1n,
    owner,
    operator: testAccount(2).address,
    payout: owner,
    status: 'active',
    level: 5,
    score: 0,
    ceiling: 1,
    country: 'DE',
    collateralised: true,
  })
  expect(await findProvider(provider.owner, { operator: testAccount(2).address })).toEqual(known)
  expect(await findProvider(provider.owner, { operator: owner })).toBeUndefined()
  expect(await getProviders(provider.owner)).toEqual([known])
  expect(await countProviders(provider.owner)).toBe(1)
  await expect(getProvider(provider.owner, { provider: 9n })).rejects.toMatchObject({
    code: 'unknownProvider',
    class: 'notFound',
  })
})

test('a score in a report becomes a trust level', async () => {
  const { id } = provider
  const monitor = await joinTestMonitor(await market.client(9), market.governor)
  const figures = { score: 8_200, rewards: 0n, slashed: 0n }
  const { report, proof } = await monitor.report([{ kind: 'provider', provider: id, ...figures }])
  const proven = { era: report.era, ...figures, proof: proof(0) }
  expect(await updateTrust(provider.operator, { provider: id, proven })).toMatchObject({ score: 8_200, level: 2 })
  expect(await getProvider(provider.owner, { provider: id })).toMatchObject({ score: 8_200, level: 2 })
  await expect(
    updateTrust(provider.owner, { provider: id, proven: { ...proven, score: 10_000 } }),
  ).rejects.toMatchObject({ code: 'noLeaf' })
})

test('status, epoch and operator key change', async () => {
  const { id } = provider
  await setProviderStatus(provider.operator, { provider: id, status: 'draining' })
  expect((await getProvider(provider.owner, { provider: id })).status).toBe('draining')
  await setProviderStatus(provider.owner, { provider: id, status: 'active' })
  const { offerEpoch } = await cancelOffers(provider.operator, { provider: id })

  const newKey = await market.client(7)
  const { timestamp } = await getChainTime(newKey)
  const consent = await signOperatorAcceptance(newKey, { owner, expiry: timestamp + 60 })
  await setOperator(provider.owner, { provider: id, ...consent })
  const changed = await getProvider(provider.owner, { provider: id })
  expect(changed).toMatchObject({ operator: testAccount(7).address, offerEpoch: offerEpoch + 1 })
  await expect(setProviderStatus(provider.operator, { provider: id, status: 'paused' })).rejects.toMatchObject({
    code: 'notOwnerOrOperator',
    message: `${testAccount(2).address} is neither owner nor operator key of provider 1`,
  })
})

test('capacity locks stake, and what is free comes out after its delay', async () => {
  const { id } = provider
  const cu = { provider: id, resource: 'cu' }
  expect(await getResource(provider.owner, { resource: 'cu' })).toEqual({
    listed: true,
    stakePerUnit: parseUnits('10', 18),
  })
  const { until } = await getCapacity(provider.owner, cu)
  expect(await commitCapacity(provider.owner, { ...cu, units: 2, until: until + 60 })).toMatchObject({ committed: 10 })
  expect(await uncommitCapacity(provider.owner, { ...cu, units: 4 })).toMatchObject({ committed: 6 })
  expect(await getCapacity(provider.owner, cu)).toMatchObject({ committed: 6, free: 6, leased: 0, until: until + 60 })
  expect(await findCommitments(provider.owner, { provider: id })).toMatchObject([{ resource: 'cu', free: 6 }])
  expect(await findCommitments(provider.owner, { provider: 9n })).toEqual([])
  const tooMuch = commitCapacity(provider.owner, { ...cu, units: 11, until: until + 60 })
  await expect(tooMuch).rejects.toMatchObject({ code: 'insufficientStake', class: 'funds' })
  const unknown = commitCapacity(provider.owner, { ...cu, resource: 'gpu.x', units: 1, until: until + 60 })
  await expect(unknown).rejects.toMatchObject({ message: 'this market does not list the resource class gpu.x' })

  const stake = await getStake(provider.owner, { provider: id, account: owner })
  expect(stake).toMatchObject({ locked: parseUnits('60', 18), free: parseUnits('100', 18), claimable: 0n })
  const { request } = await unstake(provider.owner, { provider: id, shares: stake.shares / 2n })
  await expect(withdrawStake(provider.owner, { request })).rejects.toMatchObject({ code: 'stillBonded' })
  await market.skip(3601)
  expect((await withdrawStake(provider.owner, { request })).amount).toBe(parseUnits('80', 18))
})

test('its payout is the owner’s to name, and a sale ends its operator and takes the payout along', async () => {
  const { id } = provider
  const [elsewhere, buyer] = [testAccount(8).address, testAccount(10).address]
  await setPayout(provider.owner, { provider: id, payout: elsewhere })
  expect(await getProvider(provider.owner, { provider: id })).toMatchObject({ payout: elsewhere })
  const byOther = setPayout(provider.operator, { provider: id, payout: buyer })
  await expect(byOther).rejects.toMatchObject({ code: 'notOwner', class: 'denied' })
  const paid = await market.client(8)
  await expect(setPayout(paid, { provider: id, payout: buyer })).rejects.toMatchObject({ code: 'notOwner' })
  const pausing = setProviderStatus(paid, { provider: id, status: 'paused' })
  await expect(pausing).rejects.toMatchObject({ code: 'notOwnerOrOperator' })

  await expect(transferProvider(provider.operator, { provider: id, to: buyer })).rejects.toMatchObject({
    class: 'denied',
  })
  await transferProvider(provider.owner, { provider: id, to: buyer })
  const sold = await getProvider(provider.owner, { provider: id })
  expect(sold).toMatchObject({ owner: buyer, operator: undefined, payout: buyer, status: 'paused' })
})
