import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Driver } from '@tender/driver'
import { hostLabel } from '@tender/ingress'
import { createLog } from '@tender/kit'
import { createNetworkNode, type NetworkNode, serveChallenges } from '@tender/network'
import {
  findProvider,
  getChainTime,
  joinMonitor,
  matchOrder,
  sendStakeTokens,
  signChallengeAnswer,
  signOrder,
  signStarted,
  stake,
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
import { publicKeyOf } from '@tender/sdk/testReports'
import { bytesToHex, type Hex, parseUnits, zeroHash } from 'viem'
import { type MonitorConfigFile, monitorConfigSchema } from './config.ts'
import { type Monitor, startMonitor } from './monitor.ts'

// Monitors, a provider's peer and a workload: real streams, a real chain whose clock is the world's, eras of seconds.

const log = createLog({ name: 'test', level: process.env.TEST_LOG === 'info' ? 'info' : 'silent' })
const eras = { eraSeconds: 6, activationDelaySeconds: 1, livenessEras: 20, maxVetoes: 2 }

/** Accounts of the chain: governor, tenant, a provider's two, then the monitors. */
export const TENANT = 1
export const PROVIDER = 2
export const FIRST_MONITOR = 4

/** A job is over as soon as its validators agree; how long that takes on a busy machine nobody knows. */
const jobTiming = { challengeSeconds: 15, drawSeconds: 120, verdictSeconds: 1_200 }

/** Whoever takes part in it stops with it, the last one first. */
export type MonitoredMarket = TestMarket & { onStop(cleanup: () => unknown): void }

export async function startMonitoredMarket(): Promise<MonitoredMarket> {
  const market = await startTestMarket({ heartbeatSeconds: 1, eras, jobTiming })
  const cleanups: (() => unknown)[] = [market.stop]
  return {
    ...market,
    onStop: (cleanup) => void cleanups.push(cleanup),
    async stop() {
      for (let next = cleanups.pop(); next; next = cleanups.pop()) await next()
    },
  }
}

function keyOf(account: number): Hex {
  const key = testAccount(account).getHdKey().privateKey
  if (!key) throw new Error('no key')
  return bytesToHex(key)
}

export type TestMonitor = {
  stateDir: string
  monitor(): Monitor
  /** Ends it at once and starts it anew over what it kept. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Stakes and joins, and starts over a directory of its own. */
export async function addMonitor(
  market: MonitoredMarket,
  index: number,
  over: Partial<MonitorConfigFile> = {},
  drivers: readonly Driver[] = [],
): Promise<TestMonitor> {
  const account = FIRST_MONITOR + index
  const client = await market.client(account)
  const { address } = testAccount(account)
  const amount = parseUnits('1000', 18)
  await sendStakeTokens(market.governor, { to: address, amount })
  await stake(client, { monitor: address, amount })
  await joinMonitor(client, { weight: 1_000, publicKey: publicKeyOf(client), addresses: [] })
  const stateDir = mkdtempSync(join(tmpdir(), 'tender-monitor-'))
  const config = monitorConfigSchema.parse({
    stateDir,
    rpcUrl: market.chain.url,
    book: market.book,
    network: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    era: { reportDelaySeconds: 1, roundSeconds: 3 },
    probe: { meanSeconds: 0.4, timeoutMs: 2_000, allowPrivate: true },
    challenge: { meanSeconds: 0.8, deadlineMs: 2_000 },
    pingEveryMs: 1_000,
    vanishedAfterSeconds: 3,
    capacity: { momentsPerEra: 0 },
    ...over,
  })
  const start = () => startMonitor({ config, privateKey: keyOf(account), drivers, log })
  let running = await start()
  market.onStop(async () => {
    await running.stop()
    rmSync(stateDir, { recursive: true, force: true })
  })
  return {
    stateDir,
    monitor: () => running,
    stop: () => running.stop(),
    async restart() {
      await running.stop()
      running = await start()
    },
  }
}

export type Served = {
  provider: TestProvider
  node: NetworkNode
  lease: Hex
  terms: Awaited<ReturnType<typeof matchOrder>>['leases'][number]['terms']
  /** What visitors get. */
  page(listener: RequestListener): void
  /** The provider's peer and its workload vanish. */
  vanish(): Promise<void>
}

/** A provider that runs one monitored lease of an hour: an HTTP server, and a peer that answers challenges. */
export async function serveLease(market: MonitoredMarket, bootstrap: readonly string[]): Promise<Served> {
  const provider = await addProvider(market, { first: PROVIDER })
  const tenant = await addTenant(market, { account: TENANT, amount: 10_000_000n })
  let listener: RequestListener = (_request, response) => response.end('hello')
  const server = createServer((request, response) => listener(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // CAST: it listens on TCP
  const { port } = server.address() as AddressInfo
  const verifier = market.book.contracts.eraReports
  const { order, hash } = await signOrder(tenant, {
    order: await orderOf(market, tenant, { uptimeBps: 9_900, verifier }),
  })
  const { leases } = await matchOrder(tenant, { order, offers: [await provider.bid(hash)] })
  const [opened] = leases
  if (!opened) throw new Error('no lease')
  const { leaseId: lease, terms } = opened
  const node = await createProviderNode(market, provider, bootstrap)
  const startedAt = (await getChainTime(tenant)).timestamp
  const started = { lease, at: startedAt, inputs: zeroHash }
  const signedStart = await signStarted(provider.operator, { started })
  await serveChallenges(node, {
    isMonitor: async () => true,
    async answer(challenge) {
      const said = {
        at: (await getChainTime(tenant)).timestamp,
        running: true,
        url: `http://${hostLabel(lease)}.localhost:${port}`,
      }
      const { signature } = await signChallengeAnswer(provider.operator, { answer: { ...challenge, ...said } })
      return { ...said, signature, started: { started, signature: signedStart.signature } }
    },
  })
  const stop = await startAnnouncing(provider, node)
  const close = async () => {
    server.closeAllConnections()
    server.close()
    await stop()
  }
  market.onStop(close)
  return {
    provider,
    node,
    lease,
    terms,
    page: (next) => {
      listener = next
    },
    vanish: close,
  }
}

/** Starts a provider's peer, which tells where it is. */
export async function startAnnouncing(provider: TestProvider, node: NetworkNode): Promise<() => Promise<void>> {
  await node.start()
  // As providers do once a minute; here eras are short.
  const announcing = setInterval(() => void announce(provider, node).catch(() => {}), 1_000) // stopped
  return () => {
    clearInterval(announcing)
    return node.stop()
  }
}

/** The peer of a provider whose accounts begin at {@link PROVIDER}. */
export async function createProviderNode(market: TestMarket, provider: TestProvider, bootstrap: readonly string[]) {
  return createNetworkNode({
    privateKey: keyOf(PROVIDER + 1),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    bootstrap,
    market: { chainId: market.book.chainId, orderBook: market.book.contracts.orderBook },
    verifySignature: ({ signer, digest, signature }) =>
      provider.operator.rpc.verifyHash({ address: signer, hash: digest, signature }),
    providerOf: async (operator) => (await findProvider(provider.operator, { operator }))?.id,
    nowSeconds: () => Math.floor(Date.now() / 1000),
    log: () => {},
  })
}

let announced = 0

async function announce(provider: TestProvider, node: NetworkNode): Promise<void> {
  announced += 1
  const { timestamp } = await getChainTime(provider.operator)
  const availability = {
    provider: provider.id,
    issuedAt: timestamp,
    expiry: timestamp + 60 + announced,
    country: '0x4445' as const,
    drivers: [],
    resources: [],
  }
  const signal = AbortSignal.timeout(20_000)
  await node.availability.ready({ signal })
  await node.availability.publish({ availability }, signal)
}
