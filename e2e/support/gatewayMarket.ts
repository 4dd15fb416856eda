import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApiClient } from '@tender/api'
import {
  type EmbeddedMarket,
  type EmbeddedMarketOptions,
  keepPlayKey,
  startEmbeddedMarket,
  tenantKey,
  writeMarketProfile,
} from '@tender/cli'
import { until } from './until.ts'

/** Seconds: a test that waits for reports should not wait for long. */
const ERA_SECONDS = 15
/** Nor for a tenant that challenges nothing. */
const JOB_TIMING = { challengeSeconds: 10, drawSeconds: 300, verdictSeconds: 1_200 } as const

/** An embedded market, with a gateway unless told otherwise, and a home from which the command line is its tenant. */
export type GatewayMarket = {
  home: string
  market: EmbeddedMarket
  /** Of the dashboard; empty without a gateway. */
  url: string
  stop(): Promise<void>
}

export async function startGatewayMarket(
  options: Pick<
    Partial<EmbeddedMarketOptions>,
    'dockerSocket' | 'gateway' | 'eraSeconds' | 'jobTiming' | 'driverOf'
  > = {},
): Promise<GatewayMarket> {
  const home = await mkdtemp(join(tmpdir(), 'tender-e2e-'))
  const market = await startEmbeddedMarket({
    directory: join(home, 'dev'),
    firstPort: 0,
    settleEverySeconds: 5,
    eraSeconds: ERA_SECONDS,
    jobTiming: JOB_TIMING,
    gateway: true,
    ...options,
    signal: new AbortController().signal,
    onProgress() {},
  })
  const { rpcUrl, book, bootstrap, gateway } = market
  if (gateway) await hasLooked(gateway.url)
  await keepPlayKey(home, 'dev', tenantKey)
  await writeMarketProfile(home, 'dev', { version: 1, rpcUrl, book, bootstrap, account: 'dev' })
  return {
    home,
    market,
    url: gateway?.url ?? '',
    async stop() {
      await market.stop()
      await rm(home, { recursive: true })
    },
  }
}

/** Before its first look at the chain a gateway knows nothing of the market: who asks then is told so. */
async function hasLooked(url: string): Promise<void> {
  const api = createApiClient({ baseUrl: url })
  await until('the first look at the chain', async () => (await api.getMarket()).indexed ?? undefined)
}
