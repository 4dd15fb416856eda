import { type LocalChain, localChainId, startChain } from '@tender/localchain'
import { parseUnits } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createChainClient } from '../createMarketClient.ts'
import { testAccount } from '../testMarket.ts'
import { deployMarket } from './deployMarket.ts'
import { getBalance } from './getBalance.ts'
import { getPolicy } from './getPolicy.ts'
import { getReportRules } from './getReportRules.ts'
import { setAuditor } from './setAuditor.ts'

let chain: LocalChain
const resources = [{ resource: 'cu', stakePerUnit: parseUnits('10', 18) }]
const client = (index: number) =>
  createChainClient({ rpcUrl: chain.url, chainId: localChainId, account: testAccount(index) })

beforeAll(async () => {
  chain = await startChain()
})
afterAll(() => chain.stop())

test('a market for a real network: its defaults hold together, and its governor has the power and the stake', async () => {
  const deployer = await client(0)
  const governor = testAccount(1).address
  const book = await deployMarket(deployer, { governor, resources })
  const market = { ...deployer, book }
  expect(await getReportRules(market)).toMatchObject({
    ...{ eraSeconds: 86_400, activationDelaySeconds: 21_600, livenessEras: 3, maxVetoes: 3 },
    ...{ minWeight: 100, creditBps: 1_000, providerBudget: 0n, rates: [] },
  })
  expect(await getPolicy(market)).toMatchObject({
    unbondingDelaySeconds: 14 * 86_400,
    finalGraceSeconds: 30 * 86_400,
  })
  const { stakeToken } = book.contracts
  const { wallet } = await getBalance(market, { account: governor, asset: stakeToken })
  expect(wallet).toBe(parseUnits('100000000', 18))
  const auditor = { auditor: governor, named: true }
  await expect(setAuditor(market, auditor)).rejects.toMatchObject({ class: 'denied' })
  await setAuditor({ ...(await client(1)), book }, auditor)
})

test('what is set at deployment is what reports are computed with', async () => {
  const deployer = await client(2)
  const holder = testAccount(3).address
  const rewardPolicy = { providerBudget: 7n, feeFactorBps: 9_000, idleFactorBps: 800, mostOfFeesBps: 6_000 }
  const monitorPolicy = { minWeight: 5, creditBps: 2_500, disputeBond: 9n }
  const eras = { eraSeconds: 30, activationDelaySeconds: 5, livenessEras: 4, maxVetoes: 2 }
  const book = await deployMarket(deployer, {
    ...{ resources, testDollar: true, assets: [holder], assetRates: [11n, 12n] },
    ...{ rewardPolicy, monitorPolicy, eras, stake: { holder, supply: 13n }, penaltyBps: { premium: 6_000 } },
  })
  const market = { ...deployer, book }
  const rules = await getReportRules(market)
  expect(rules).toMatchObject({ ...rewardPolicy, ...monitorPolicy, ...eras, penaltyBps: [500, 2_000, 6_000] })
  expect(new Map(rules.rates.map(({ asset, rate }) => [asset, rate]))).toEqual(
    new Map([
      [book.assets[0], 11n],
      [book.assets[1], 12n],
    ]),
  )
  const { wallet } = await getBalance(market, { account: holder, asset: book.contracts.stakeToken })
  expect(wallet).toBe(13n)
})

test('delays that do not leave reports their time are refused', async () => {
  const deployer = await client(4)
  const eras = { eraSeconds: 3600, activationDelaySeconds: 600, livenessEras: 3, maxVetoes: 2 }
  const short = { resources, eras, unbondingDelaySeconds: 6 * 4200 - 1, finalGraceSeconds: 6 * (3 * 3600 + 600) }
  await expect(deployMarket(deployer, short)).rejects.toMatchObject({ code: 'unbondingDelayTooShort' })
  const delays = { unbondingDelaySeconds: 6 * 4200, finalGraceSeconds: short.finalGraceSeconds - 1 }
  await expect(deployMarket(deployer, { ...short, ...delays })).rejects.toMatchObject({ code: 'finalGraceTooShort' })
})
