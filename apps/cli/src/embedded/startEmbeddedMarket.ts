import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createWasmDriver } from '@tender/driver-wasm'
import { createLifecycle, createLog, createLogFile, type Lifecycle } from '@tender/kit'
import {
  ChainPortTakenError,
  ChainStartError,
  ChainStateCorruptError,
  type LocalChain,
  localChainId,
  startChain,
} from '@tender/localchain'
import type { Monitor } from '@tender/monitor'
import { type Asset, CorruptStateError, MAX_BLOB_BYTES, parsePrice, TenderError } from '@tender/protocol'
import { type Provider, providerConfigSchema, startProvider } from '@tender/provider'
import {
  type AddressBook,
  createChainClient,
  createMarketClient,
  getAsset,
  getReportRules,
  parseAddressBook,
} from '@tender/sdk'
import { privateKeyToAccount } from 'viem/accounts'
import { governorKey, type MonitorRole, monitorRoles, type ProviderRole, providerRoles } from './cast.ts'
import { type Driver, findDocker } from './findDocker.ts'
import { type EmbeddedGateway, startEmbeddedGateway } from './gateway.ts'
import { startEmbeddedMetrics } from './metrics.ts'
import { setUpMonitors, startEmbeddedMonitor } from './monitors.ts'
import { deployEmbedded, ERA_SECONDS, type JobTiming, setUpActors } from './setUpMarket.ts'

export type EmbeddedMarketOptions = {
  /** Everything is kept below it. */
  directory: string
  /**
   * The chain listens here, the providers' HTTP on the next three ports, their peers on the three after those, the monitors on
   * the four after those, then the gateway's HTTP and its peer, then all metrics. 0: any free ports.
   */
  firstPort: number
  /** Seconds between settlements of a running lease. */
  settleEverySeconds: number
  /** How long eras are; a market that goes on keeps its own. @default 30 */
  eraSeconds?: number | undefined
  /** Without them leases are paid by time. @default true */
  monitors?: boolean | undefined
  /** Serves the dashboard and the API, with a database in the directory or at DATABASE_URL. @default false */
  gateway?: boolean | undefined
  /**
   * Where a Docker engine may listen. If one does, and this account can do all that isolates containers, they are sold too. Absent:
   * no containers.
   */
  dockerSocket?: string | undefined
  /** How long jobs may be challenged, drawn for and judged; a market that goes on keeps its own. @default half a minute, five and two */
  jobTiming?: JobTiming | undefined
  /** What a provider runs workloads with, or a monitor judges with, from what it would: a test's may cheat. */
  driverOf?: DriverOf | undefined
  signal: AbortSignal
  /** Told what happens now, in a few words. */
  onProgress(step: string): void
}

export type DriverOf = (role: ProviderRole | MonitorRole, driver: Driver) => Driver

export type EmbeddedMarket = {
  readonly rpcUrl: string
  readonly book: AddressBook
  /** What tenants dial. */
  readonly bootstrap: string[]
  readonly providers: readonly { role: ProviderRole; provider: Provider }[]
  readonly monitors: readonly { role: MonitorRole; monitor: Monitor }[]
  readonly gateway: EmbeddedGateway | undefined
  /** Where Prometheus finds the metrics of all of them, see `serveMetrics`: `/targets` tells more. */
  readonly metricsUrl: string
  /** True if they run containers too. */
  readonly containers: boolean
  /** True if an earlier run's market goes on. */
  readonly resumed: boolean
  /** Resolves if the chain ends although nobody asked it to. */
  readonly broken: Promise<void>
  /** Stops everything and keeps it for the next start. Workloads end too: nothing is left behind on this machine. */
  stop(): Promise<void>
}

/** For one daemon, whose parts stop one after the other, each in its own time; on a busy machine that takes longer than one part may. */
const DAEMON_STOP_MS = 60_000

/**
 * Starts a whole market on this machine: chain, contracts, providers, funded accounts. A second start over the same directory
 * goes on where the first one stopped, or was killed.
 *
 * @throws {CorruptStateError} naming the file; {TenderError} `portTaken`
 */
export async function startEmbeddedMarket(options: EmbeddedMarketOptions): Promise<EmbeddedMarket> {
  const life = createLifecycle({ stopTimeoutMs: DAEMON_STOP_MS })
  const abort = () => void life.stop().catch(() => {}) // the start that is cut short reports why
  options.signal.addEventListener('abort', abort, { once: true })
  try {
    return await compose(options, life)
  } catch (error) {
    await life.stop()
    throw error
  } finally {
    options.signal.removeEventListener('abort', abort)
  }
}

async function compose(options: EmbeddedMarketOptions, life: Lifecycle): Promise<EmbeddedMarket> {
  const { directory, onProgress } = options
  await mkdir(directory, { recursive: true, mode: 0o700 })
  // Meanwhile: whoever has no engine, or may not use it, must not wait for it.
  const docker = life.start('the search for Docker', (signal) => findDocker(options, signal), nothing)
  docker.catch(nothing) // reported where it is awaited
  onProgress('starting a chain')
  const chain = await life.start(
    'chain',
    (signal) => startOwnChain(options, signal),
    (started) => started.stop(),
  )
  const { book, resumed } = await bookOf(chain, options, life.signal)
  const asset = await firstAsset(chain.url, book)
  onProgress('registering providers')
  await setUpActors(chain.url, book, asset)
  const { monitors: withMonitors = true } = options
  if (withMonitors) {
    onProgress('registering monitors')
    await setUpMonitors(chain.url, book)
  }

  const providers: { role: ProviderRole; provider: Provider }[] = []
  for (const [index, role] of providerRoles.entries()) {
    onProgress(`starting provider ${role.name}`)
    const bootstrap = providers.flatMap(({ provider }) => provider.addresses())
    const containers = await docker
    const start = () => startRole(options, { chain, book, asset, role, index, bootstrap, containers })
    const provider = await life.start(role.name, start, (started) => started.suspend())
    providers.push({ role, provider })
  }
  const bootstrap = providers.flatMap(({ provider }) => provider.addresses())
  const [monitors, gateway] = await Promise.all([
    withMonitors ? startMonitors(options, { chain, book, bootstrap, containers: await docker }, life) : [],
    options.gateway ? startOwnGateway(options, { chain, book, bootstrap }, life) : undefined,
  ])
  const metricsUrl = await startMetrics(options, { providers, monitors, gateway }, life)
  return {
    rpcUrl: chain.url,
    book,
    bootstrap,
    providers,
    monitors,
    gateway,
    metricsUrl,
    containers: (await docker).length > 0,
    resumed,
    broken: chain.ended,
    stop: life.stop,
  }
}

async function startMetrics(
  { firstPort }: EmbeddedMarketOptions,
  { providers, monitors, gateway }: Pick<EmbeddedMarket, 'providers' | 'monitors' | 'gateway'>,
  life: Lifecycle,
): Promise<string> {
  const daemons = new Map([
    ...providers.map(({ role, provider }) => [role.name, provider.metrics] as const),
    ...monitors.map(({ role, monitor }) => [role.name, monitor.metrics] as const),
  ])
  const port = firstPort && firstPort + 1 + 2 * providerRoles.length + monitorRoles.length + 2
  const { url } = await life.start(
    'metrics',
    () => startEmbeddedMetrics({ port, daemons, gatewayUrl: gateway?.url }),
    (started) => started.close(),
  )
  return url
}

type Joined = { chain: LocalChain; book: AddressBook; bootstrap: string[] }

function startOwnGateway(
  { directory, firstPort, onProgress }: EmbeddedMarketOptions,
  { chain, book, bootstrap }: Joined,
  life: Lifecycle,
): Promise<EmbeddedGateway> {
  const first = firstPort === 0 ? 0 : firstPort + 1 + 2 * providerRoles.length + monitorRoles.length
  const ports = { http: first, peer: first && first + 1 }
  return life.start(
    'gateway',
    (signal) => startEmbeddedGateway({ directory, rpcUrl: chain.url, book, bootstrap, ports, signal, onProgress }),
    (started) => started.stop(),
  )
}

async function startMonitors(
  { directory, firstPort, onProgress, dockerSocket: socket, driverOf }: EmbeddedMarketOptions,
  { chain, book, bootstrap, containers }: Joined & Pick<RoleStart, 'containers'>,
  life: Lifecycle,
): Promise<EmbeddedMarket['monitors']> {
  onProgress('starting monitors')
  const { eraSeconds } = await getReportRules(await createMarketClient({ rpcUrl: chain.url, book }))
  const first = firstPort === 0 ? 0 : firstPort + 1 + 2 * providerRoles.length
  return Promise.all(
    monitorRoles.map(async (role, index) => {
      const port = first === 0 ? 0 : first + index
      const dockerSocket = containers.length > 0 ? socket : undefined
      const where = { directory, rpcUrl: chain.url, book, port, bootstrap }
      const start = () => startEmbeddedMonitor({ role, ...where, eraSeconds, dockerSocket, driverOf })
      return { role, monitor: await life.start(role.name, start, (started) => started.stop()) }
    }),
  )
}

async function startOwnChain(
  { directory, firstPort, eraSeconds = ERA_SECONDS }: EmbeddedMarketOptions,
  signal: AbortSignal,
): Promise<LocalChain> {
  try {
    const stateFile = join(directory, 'chain.json')
    // A block costs every daemon some work, also one in which nothing happened.
    const heartbeatSeconds = eraSeconds < ERA_SECONDS ? 1 : 2
    return await startChain({ port: firstPort, stateFile, stateIntervalSeconds: 2, heartbeatSeconds, signal })
  } catch (cause) {
    if (cause instanceof ChainStateCorruptError) throw new CorruptStateError(cause.file, { hint: RESET_HINT, cause })
    if (!(cause instanceof ChainStartError)) throw cause
    const { code, message, hint } = cause
    throw new TenderError(message, {
      code,
      class: 'conflict',
      hint:
        cause instanceof ChainPortTakenError
          ? 'Is the market running already? Else choose other ports with --port.'
          : hint,
      cause,
    })
  }
}

type RoleStart = {
  chain: LocalChain
  book: AddressBook
  asset: Asset
  role: ProviderRole
  index: number
  bootstrap: string[]
  /** Each provider's driver of containers, if this machine can run them. */
  containers: readonly Driver[]
}

async function startRole(
  { directory, firstPort, settleEverySeconds, driverOf = (_role, driver) => driver }: EmbeddedMarketOptions,
  { chain, book, asset, role, index, bootstrap, containers }: RoleStart,
): Promise<Provider> {
  const stateDir = join(directory, 'providers', role.name)
  const port = (offset: number) => (firstPort === 0 ? 0 : firstPort + offset + index)
  const docker = containers[index]
  const config = providerConfigSchema.parse({
    stateDir,
    rpcUrl: chain.url,
    book,
    network: { listen: [`/ip4/127.0.0.1/tcp/${port(1 + providerRoles.length)}`], bootstrap },
    ingress: { port: port(1) },
    sales: { cu: { pricing: { strategy: 'fixed', price: parsePrice(role.price, asset) } } },
    // Every file that a manifest may name, since an image of a container is large.
    ...(docker && { drivers: { wasm: {}, docker: {} }, maxBlobBytes: MAX_BLOB_BYTES }),
    settleEverySeconds,
  })
  const log = createLog({ name: role.name, stream: createLogFile(join(stateDir, 'provider.log')) })
  const drivers = [createWasmDriver({ stateDir: join(stateDir, 'wasm') }), ...(docker ? [docker] : [])]
  const used = drivers.map((driver) => driverOf(role, driver))
  return startProvider({ config, privateKey: role.operatorKey, drivers: used, log })
}

/** The market's contracts: those of an earlier start, or new ones. */
async function bookOf(
  chain: LocalChain,
  { directory, onProgress, eraSeconds, jobTiming }: EmbeddedMarketOptions,
  signal: AbortSignal,
): Promise<{ book: AddressBook; resumed: boolean }> {
  const file = join(directory, 'contracts.json')
  const known = await readBook(file)
  if (known) {
    await checkDeployed(chain.url, known, file)
    return { book: known, resumed: true }
  }
  onProgress('deploying contracts')
  const account = privateKeyToAccount(governorKey)
  const book = await deployEmbedded(
    await createChainClient({ rpcUrl: chain.url, chainId: localChainId, account, signal }),
    { eraSeconds, jobTiming },
  )
  await writeFile(`${file}.new`, JSON.stringify(book, null, 2))
  await rename(`${file}.new`, file)
  return { book, resumed: false }
}

async function readBook(file: string): Promise<AddressBook | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  try {
    return parseAddressBook(JSON.parse(text))
  } catch (cause) {
    throw new CorruptStateError(file, { hint: RESET_HINT, cause })
  }
}

function nothing(): void {}

const RESET_HINT = 'Start over with `tender dev --reset`, which removes this market and everything in it.'

async function checkDeployed(rpcUrl: string, book: AddressBook, file: string): Promise<void> {
  try {
    await createMarketClient({ rpcUrl, book })
  } catch (cause) {
    if (cause instanceof TenderError && cause.code === 'noMarket')
      throw new CorruptStateError(file, { hint: RESET_HINT, cause })
    throw cause
  }
}

async function firstAsset(rpcUrl: string, book: AddressBook): Promise<Asset> {
  const [asset] = book.assets
  if (!asset) throw new TenderError('the market takes no asset', { code: 'noAsset', class: 'internal' })
  return getAsset(await createMarketClient({ rpcUrl, book }), { asset })
}
