import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeDriver } from '@tender/driver/fake'
import { serveLeaves } from '@tender/network'
import { startNode } from '@tender/network/testNetwork'
import type { Leaf } from '@tender/protocol'
import { getProvider, getRewards, setMonitorContact } from '@tender/sdk'
import { addProvider, startTestMarket, testAccount } from '@tender/sdk/testMarket'
import { joinTestMonitor } from '@tender/sdk/testReports'
import { parseUnits, toHex } from 'viem'
import { expect, onTestFinished, test } from 'vitest'
import { providerConfigSchema } from './config.ts'
import { askControl } from './control.ts'
import { startProvider } from './provider.ts'
import { openTestHost, silent } from './testKit.ts'

const keyOf = (account: number) => toHex(testAccount(account).getHdKey().privateKey ?? expect.fail())

test('a provider that runs hears of a report, shows what it says, and takes it to the chain', async () => {
  const eras = { eraSeconds: 30, activationDelaySeconds: 5, livenessEras: 10, maxVetoes: 1 }
  const market = await startTestMarket({ eras })
  onTestFinished(market.stop)
  const { id } = await addProvider(market, { first: 2 })
  const monitor = await joinTestMonitor(await market.client(5), market.governor)
  const stateDir = await mkdtemp(join(tmpdir(), 'tender-provider-'))
  onTestFinished(() => rm(stateDir, { recursive: true }))

  const [score, rewards, slashed] = [9_100, parseUnits('3', 18), 2n]
  const leaf: Leaf = { kind: 'provider', provider: id, score, rewards, slashed }
  const { report, proof } = await monitor.report([leaf])
  const peer = await startNode({
    privateKey: keyOf(5),
    market: { chainId: market.book.chainId, orderBook: market.book.contracts.orderBook },
  })
  await serveLeaves(peer, async () => ({ era: report.era, leaves: [{ leaf, proof: proof(0) }] }))
  await setMonitorContact(monitor.client, peer.contact())

  const config = providerConfigSchema.parse({
    stateDir,
    rpcUrl: market.chain.url,
    book: market.book,
    network: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    ingress: { port: 0 },
    sales: { cu: { pricing: { strategy: 'fixed', price: '10000' } } },
    metrics: { listen: '127.0.0.1:0' },
  })
  const drivers = [createFakeDriver(openTestHost({}))]
  const provider = await startProvider({ config, privateKey: keyOf(3), drivers, log: silent })
  onTestFinished(provider.stop)

  const patient = { timeout: 60_000, interval: 50 }
  const status = async () => JSON.parse(await askControl(stateDir))
  await expect
    .poll(async () => (await status()).standing, patient)
    .toEqual({
      era: '1',
      coveredUntil: report.coveredUntil,
      score,
      level: 1,
      rewards: rewards.toString(),
      slashed: '2',
    })
  const told = await provider.metrics.text()
  expect(told).toContain(`tender_provider_standing_score_ratio{provider="${id}"} 0.91`)
  expect(told).toContain(`tender_provider_reported_rewards_tokens{provider="${id}"} 3`)
  expect(told).toMatch(/tender_provider_settled_tokens_total{asset="0x.*symbol="USDC".*} 0/)
  expect(told).toMatch(/tender_provider_committed_units{resource="cu".*} \d/)
  expect(told).toMatch(/tender_provider_driver_up{driver="\w+".*} 1/)
  expect(told).toContain(`tender_provider_pressed_jobs{provider="${id}"} 0`)
  expect(told).toContain(`tender_provider_task_seconds_count{provider="${id}"} 0`)
  expect(told).toMatch(/tender_provider_job_content_served_bytes_total{.*} 0/)
  expect(told).not.toContain('failed_readings_total{')
  await expect.poll(async () => (await getProvider(market.governor, { provider: id })).level, patient).toBe(1)
  await expect.poll(async () => (await getRewards(market.governor, { provider: id })).claimed, patient).toBe(rewards)
})
