import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { governorKey, keepPlayKey, monitorRoles, providerRoles } from '@tender/cli'
import { localChainId } from '@tender/localchain'
import { peerIdOfPrivateKey } from '@tender/network'
import { type AddressBook, createMarketClient, findProvider, type MarketAsset } from '@tender/sdk'
import type { Hex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { type ChainProcess, startChainProcess } from './chainProcess.ts'
import { DAEMONS, gatewayConfig, monitorConfig, type Place, providerConfig, relayConfig } from './configs.ts'
import { createDaemon, type Daemon } from './daemon.ts'
import { createDisks, type Disks } from './disks.ts'
import { killRemains } from './killRemains.ts'
import { type Host, loopbackNetwork, namespacesMissing, startNetwork } from './network.ts'
import { type RpcGate, startRpcGate } from './rpcGate.ts'
import { ERA_SECONDS, setUpMarket } from './setUp.ts'
import type { ProcessKind, World } from './world.ts'

/** Everybody in a world by name and kind, in the order in which they start. Plans are made from it. */
export const cast: readonly { readonly name: string; readonly kind: ProcessKind }[] = [
  { name: 'chain', kind: 'chain' },
  { name: 'relay', kind: 'relay' },
  ...providerRoles.map(({ name }) => ({ name, kind: 'provider' as const })),
  ...monitorRoles.map(({ name }) => ({ name, kind: 'monitor' as const })),
  { name: 'gateway', kind: 'gateway' },
]

export type WorldOptions = {
  /** Where everything is kept. */
  folder: string
  /** Everybody on the loopback address, also where there could be namespaces. */
  loopback: boolean
  signal: AbortSignal
  onProgress(step: string): void
}

/** A world with what whoever runs it needs beside. */
export type RunningWorld = World & {
  readonly daemons: readonly Daemon[]
  /** Where tenants find peers first. */
  readonly bootstrap: readonly string[]
  /** A machine for somebody else, with a gate of its own to the chain. */
  addGuest(name: string): Promise<{ host: Host; rpc: RpcGate }>
  /** Why there are no namespaces; `undefined` if there are. */
  readonly withoutNamespaces: string | undefined
  /** Ends all of it. @param keep leaves what processes kept in the run's folder */
  close(keep: boolean): Promise<void>
}

/**
 * Starts a chain, its market and everybody in it, each as a process of its own.
 *
 * @example
 * const world = await startWorld({ folder, loopback: false, signal, onProgress: console.error })
 * await world.process('alpine').kill()
 * await world.close(false)
 */
export async function startWorld(options: WorldOptions): Promise<RunningWorld> {
  const cleanups: ((keep: boolean) => Promise<unknown>)[] = []
  // What cannot be taken away does not keep the rest.
  const close = async (keep: boolean) => {
    const failures: unknown[] = []
    for (let next = cleanups.pop(); next; next = cleanups.pop()) await next(keep).catch((error) => failures.push(error))
    if (failures.length > 0) throw new AggregateError(failures, 'something of the world is left behind')
  }
  try {
    return { ...(await open(options, cleanups)), close }
  } catch (error) {
    await close(true)
    throw error
  }
}

type Cleanups = ((keep: boolean) => Promise<unknown>)[]

async function open(options: WorldOptions, cleanups: Cleanups): Promise<Omit<RunningWorld, 'close'>> {
  const { folder, signal, onProgress } = options
  onProgress('making a network')
  const withoutNamespaces = options.loopback ? 'asked for' : await namespacesMissing()
  const network = withoutNamespaces === undefined ? await startNetwork() : loopbackNetwork()
  cleanups.push(network.close)
  const disks = createDisks(network.namespaces)
  cleanups.push(disks.close)
  cleanups.push(() => killRemains(folder))

  onProgress('starting a chain, and its market')
  await mkdir(join(folder, 'chain'), { recursive: true })
  const chain = await startChainProcess(await disks.add(join(folder, 'chain')), join(folder, 'chain', 'log'))
  cleanups.push(chain.close)
  const { book, asset } = await setUpMarket(chain.url)
  signal.throwIfAborted()

  const addGuest = async (name: string) => {
    const host = await network.addHost(name)
    const rpc = await startRpcGate({ target: chain.url, host: network.here })
    cleanups.push(rpc.close)
    return { host, rpc }
  }
  const { daemons, ways, bootstrap } = await prepareDaemons({ folder, disks, book, asset, addGuest, signal })
  for (const daemon of daemons) cleanups.push(daemon.close)
  for (const { port, address } of ways) await network.lead(port, address)
  // The relay first: a provider that finds none says so, and looks again only later.
  for (const wave of [daemons.slice(0, 1), daemons.slice(1)]) {
    onProgress(`starting ${wave.map(({ name }) => name).join(', ')}`)
    await Promise.all(wave.map((daemon) => daemon.start()))
    signal.throwIfAborted()
  }
  const processes = [chain, ...daemons]
  return {
    processes,
    daemons,
    process: (name) => {
      const found = processes.find((one) => one.name === name)
      if (!found) throw new Error(`there is no process ${name}`)
      return found
    },
    chainUrl: chain.url,
    chainId: localChainId,
    book,
    asset,
    eraSeconds: ERA_SECONDS,
    folder,
    providers: await findProviders(chain, book),
    governorKey,
    takenBack: [],
    namespaces: network.namespaces,
    smallDisks: disks.small,
    withoutNamespaces,
    bootstrap,
    signal,
    addGuest,
  }
}

async function findProviders({ url: rpcUrl }: ChainProcess, book: AddressBook): Promise<World['providers']> {
  const client = await createMarketClient({ rpcUrl, book })
  return Promise.all(
    providerRoles.map(async ({ name, operatorKey, ownerKey }) => {
      const found = await findProvider(client, { operator: privateKeyToAccount(operatorKey).address })
      if (!found) throw new Error(`${name} is no provider`)
      return { id: found.id, name, owner: privateKeyToAccount(ownerKey).address }
    }),
  )
}

type Parts = {
  folder: string
  disks: Disks
  book: AddressBook
  asset: MarketAsset
  addGuest: RunningWorld['addGuest']
  signal: AbortSignal
}

/** Everybody with a key, a configuration and a place, not yet started. The first provider is reached through the relay alone. */
async function prepareDaemons({ folder, disks, book, asset, addGuest, signal }: Parts) {
  let port = await freePorts(2 * DAEMONS)
  const daemons: Daemon[] = []
  const ways: { port: number; address: string }[] = []
  const known: string[] = []

  /** @param relay through which alone it is reached. @returns where its peer is dialled */
  async function add(
    { kind, name, key, relay }: { kind: ProcessKind; name: string; key: Hex; relay?: string | undefined },
    configOf: (place: Place) => object,
  ): Promise<string> {
    const { host, rpc } = await addGuest(name)
    const own = join(folder, name)
    const stateDir = await disks.add(own)
    const place = { stateDir, rpcUrl: rpc.url, book, address: host.address, port, bootstrap: [...known] }
    await keepPlayKey(own, name, key)
    const config = join(own, 'config.json')
    await writeFile(config, JSON.stringify(configOf(place), null, 2))
    const command = [kind, 'start', '--config', config, '--account', name, '--json']
    const account = privateKeyToAccount(key).address
    const logFile = join(own, 'log')
    const way = relay === undefined ? `/ip4/${host.address}/tcp/${port}` : `${relay}/p2p-circuit`
    const peer = `${way}/p2p/${peerIdOfPrivateKey(key)}`
    daemons.push(createDaemon({ name, kind, stateDir, logFile, peer, rpc, account, host, command, home: own, signal }))
    ways.push({ port: port + 1, address: host.address })
    port += 2
    return peer
  }

  const relay = await add({ kind: 'relay', name: 'relay', key: generatePrivateKey() }, relayConfig)
  known.push(relay)
  for (const [index, role] of providerRoles.entries()) {
    const hidden = index === 0
    const who = { kind: 'provider', name: role.name, key: role.operatorKey, relay: hidden ? relay : undefined } as const
    const at = await add(who, (place) => providerConfig(place, role, asset, hidden ? [relay] : []))
    if (!hidden) known.push(at)
  }
  for (const { name, key } of monitorRoles) await add({ kind: 'monitor', name, key }, monitorConfig)
  await add({ kind: 'gateway', name: 'gateway', key: generatePrivateKey() }, gatewayConfig)
  return { daemons, ways, bootstrap: known }
}

/** The first of `count` ports in a row that nobody listens on. Below the range from which systems hand out ports. */
async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 10_000)
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)))
    if (free.every(Boolean)) return first
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
