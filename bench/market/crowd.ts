/**
 * Many providers in one process, run by bench/market.ts and bench/placement.ts: each is what `tender provider start` starts, with its own
 * key, peer, store, HTTP port and driver; what they share is this process, and so its one thread. Tells its parent where they are, and what
 * they used whenever it is asked.
 */
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { createDockerDriver } from '@tender/driver-docker'
import { createWasmDriver } from '@tender/driver-wasm'
import { createLog, type Logger } from '@tender/kit'
import { type Provider, type ProviderConfigFile, providerConfigSchema, startProvider } from '@tender/provider'
import type { Hex } from 'viem'
import { type Moment, moment } from '../jobs/moment.ts'
import { inGroups } from './stage.ts'

export type CrowdStart = {
  place: Pick<ProviderConfigFile, 'rpcUrl' | 'book'>
  folder: string
  /** One provider for each. */
  operatorKeys: Hex[]
  /** How many there are in other processes, and where some of those are. */
  before: number
  known: string[][]
  /** Absent: they run Wasm. */
  dockerSocket?: string | undefined
}

/** What all providers of a process together did and used so far. */
export type CrowdReading = {
  moment: Moment
  memoryBytes: number
  /** For which something may still have to be done. */
  leases: number
  /** Over their peers' TCP connections. */
  receivedBytes: number
  sentBytes: number
  /** Orders that gossip brought, to any of them. */
  heardOrders: number
  /** Announcements of capacity that gossip brought, to any of them. */
  heardAnnouncements: number
  /** Calls that they made to the chain's RPC, those that travelled together counted one by one. */
  rpcCalls: number
  /** Warnings by their words. */
  warnings: Record<string, number>
}

export type FromCrowd = { started: number } | { addresses: string[][] } | { reading: CrowdReading }

/** Everybody dials so many of those that started before, so that nobody is in the middle. */
const DIALS = 4
/** Smallest units per unit and hour. The same for all, so that leases fall to whoever answered first. */
const PRICE = '20000'
const STARTED_AT_ONCE = 8
const FIRST_POOL = 100

const tell = (message: FromCrowd) => process.send?.(message)
const warnings: Record<string, number> = {}
let rpcCalls = 0

process.once('disconnect', () => process.exit())
process.once('message', async (message) => {
  countRpcCalls()
  // CAST: the parent sends exactly this
  const providers = await startAll(message as CrowdStart)
  process.on('message', async () => tell({ reading: await read(providers) }))
  process.once('SIGTERM', async () => {
    await Promise.all(providers.map((provider) => provider.suspend()))
    process.exit()
  })
  tell({ addresses: providers.map((provider) => provider.addresses()) })
})

async function startAll(start: CrowdStart): Promise<Provider[]> {
  const log = createLog({ name: 'provider', level: 'warn', stream: { write: countWarning } })
  const providers: Provider[] = []
  await inGroups(
    start.operatorKeys,
    async (privateKey, index) => {
      const bootstrap = someOf([...start.known, ...providers.map((provider) => provider.addresses())]).flat()
      providers.push(await startOne(start, { privateKey, index: start.before + index, bootstrap, log }))
      tell({ started: providers.length })
    },
    { atOnce: STARTED_AT_ONCE, alone: DIALS },
  )
  return providers
}

type One = { privateKey: Hex; index: number; bootstrap: string[]; log: Logger }

function startOne({ place, folder, dockerSocket }: CrowdStart, { privateKey, index, bootstrap, log }: One) {
  const stateDir = join(folder, String(index))
  const config = providerConfigSchema.parse({
    ...place,
    stateDir,
    network: { listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap },
    ingress: { port: 0 },
    sales: { cu: { pricing: { strategy: 'fixed', price: PRICE } } },
    ...(dockerSocket !== undefined && { drivers: { docker: { socket: dockerSocket } } }),
    keepEndedSeconds: 0,
  })
  const driver = dockerSocket
    ? createDockerDriver({ stateDir: join(stateDir, 'docker'), socketPath: dockerSocket, subnetPool: poolOf(index) })
    : createWasmDriver({ stateDir: join(stateDir, 'wasm') })
  return startProvider({ config, privateKey, drivers: [driver], log })
}

/** Providers on one machine take their leases' networks from ranges of their own. */
function poolOf(index: number): string {
  return `10.${FIRST_POOL + index}.0.0/16`
}

function someOf<Item>(items: readonly Item[]): Item[] {
  const rest = [...items]
  return Array.from({ length: Math.min(DIALS, rest.length) }, () => rest.splice(randomInt(rest.length), 1)).flat()
}

/** Each line is written when it happens. */
function countWarning(line: string): void {
  const { msg, error } = JSON.parse(line)
  const words = error ? `${msg}: ${error.message}` : msg
  warnings[words] = (warnings[words] ?? 0) + 1
}

/** Whoever asks the chain does it with `fetch`. */
function countRpcCalls(): void {
  const real = globalThis.fetch
  globalThis.fetch = (input, init) => {
    if (typeof init?.body === 'string') rpcCalls += init.body.split('"method":').length - 1
    return real(input, init)
  }
}

async function read(providers: readonly Provider[]): Promise<CrowdReading> {
  const now = moment()
  const rpcBefore = rpcCalls
  const texts = await Promise.all(providers.map(({ metrics }) => metrics.text()))
  const sum = (name: string, label = '') =>
    texts.reduce((total, text) => total + metricOf(text, `tender_provider_${name}`, label), 0)
  return {
    moment: now,
    memoryBytes: process.memoryUsage.rss(),
    leases: sum('current_leases'),
    receivedBytes: sum('network_received_bytes_total'),
    sentBytes: sum('network_sent_bytes_total'),
    heardOrders: sum('network_gossip_messages_total', 'topic="orders",outcome="accepted"'),
    heardAnnouncements: sum('network_gossip_messages_total', 'topic="availability",outcome="accepted"'),
    rpcCalls: rpcBefore,
    warnings,
  }
}

/** Of a metric in Prometheus's text, whatever its other labels. */
function metricOf(text: string, name: string, label: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes(label))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
