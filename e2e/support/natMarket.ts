import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { access, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import {
  governorKey,
  keepPlayKey,
  type ProviderRole,
  providerRoles,
  setUpActors,
  tenantKey,
  writeMarketProfile,
} from '@tender/cli'
import { removeAll } from '@tender/driver-docker'
import { localChainId, startChain } from '@tender/localchain'
import {
  createChainClient,
  createMarketClient,
  deployMarket,
  getAsset,
  getBalance,
  type MarketClient,
} from '@tender/sdk'
import { type Hex, parseEther } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { type NatHost, startNatNetwork } from './natNetwork.ts'
import { freePorts, type Place, startTender, type Tender } from './tender.ts'

/** For hangs: a busy machine starts engines, images and peers slowly. */
export const DEADLINE_MS = 240_000

/** A provider with an engine of its own; its agent and its dockerd are killed and started again at will. */
export type NatProvider = {
  readonly role: ProviderRole
  startAgent(): Promise<void>
  /** SIGKILL; resolves when it is gone. */
  killAgent(): Promise<void>
  startEngine(): Promise<void>
  /** SIGKILL, and its containerd with it; resolves when both are gone. */
  killEngine(): Promise<void>
}

/** A market whose first two providers are each behind a router of their own, and whose third stands beside a relay in public. */
export type NatMarket = {
  readonly tenant: MarketClient
  readonly providers: readonly NatProvider[]
  /** Runs a tenant's command in public, to its end. @returns what it printed as JSON */
  tender(...args: string[]): Promise<unknown>
  /** Starts a tenant's command. */
  start(...args: string[]): Tender
  /** What the tenant has in escrow, smallest units. */
  deposited(): Promise<bigint>
  /** Everybody's files are below it: homes, keys, states, engines. */
  readonly folder: string
  /** The keys that the market's processes were given, by whose they are. */
  readonly keys: Readonly<Record<string, Hex>>
  /** All that the market's processes have printed so far, by their commands. */
  said(): Readonly<Record<string, string>>
  close(): Promise<void>
}

export async function startNatMarket(): Promise<NatMarket> {
  const folder = await mkdtemp(join(tmpdir(), 'tender-e2e-'))
  const cleanups: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  const close = async () => {
    for (const cleanup of cleanups.reverse()) await cleanup()
  }
  try {
    return { ...(await openMarket(folder, cleanups)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openMarket(folder: string, cleanups: (() => Promise<unknown>)[]): Promise<Omit<NatMarket, 'close'>> {
  const network = await startNatNetwork()
  cleanups.push(network.close)
  const chain = await startChain()
  cleanups.push(chain.stop)
  const ports = await freePorts(5)
  const rpcUrl = await publish(Number(new URL(chain.url).port), network.here, ports, cleanups)

  const { book, tenant } = await deploy(rpcUrl)
  const home = join(folder, 'tenant')
  const relayKey = generatePrivateKey()
  await keepPlayKey(home, 'tenant', tenantKey)
  await keepPlayKey(home, 'relay', relayKey)
  const started: [command: string, Tender][] = []
  const start = (directory: string, args: readonly string[], place?: Place) => {
    const tender = startTender(directory, args, place)
    started.push([`${started.length}: tender ${args.slice(0, 2).join(' ')}`, tender])
    return tender
  }
  const relayConfig = {
    stateDir: join(folder, 'relay'),
    rpcUrl,
    book,
    network: { listen: [`/ip4/${network.here}/tcp/${ports + 1}`] },
    ingress: { host: '127.0.0.1', port: ports + 2, domain: 'relay.localhost' },
  }
  await writeJson(join(folder, 'relay.json'), relayConfig)
  const relayFile = join(folder, 'relay.json')
  const relay = start(home, ['relay', 'start', '--config', relayFile, '--account', 'relay', '--json'])
  cleanups.push(() => killed(relay.process))
  const { addresses: relays } = JSON.parse(await relay.nextLine())
  await writeMarketProfile(home, 'dev', { version: 1, rpcUrl, book, bootstrap: relays, account: 'tenant' })

  const here: NatHost = { address: network.here, spawn, run: async () => '' }
  const [first, second, third] = providerRoles
  const places: [ProviderRole | undefined, NatHost, object][] = [
    [first, await (await network.addRouter('router1')).addHost('home1'), { relays }],
    [second, await (await network.addRouter('router2')).addHost('home2'), { relays }],
    [third, here, { listen: [`/ip4/${network.here}/tcp/${ports + 3}`] }],
  ]
  const providers: NatProvider[] = []
  for (const [role, host, reach] of places) {
    if (!role) throw new Error('there are three roles')
    const config = {
      rpcUrl,
      book,
      network: { bootstrap: relays, ...reach },
      ingress: { port: host === here ? ports + 4 : 8080, public: host === here },
    }
    const provider = await prepareProvider(join(folder, role.name), role, host, config, start)
    cleanups.push(provider.close)
    await provider.startEngine()
    await provider.startAgent()
    providers.push(provider)
  }
  const asset = book.assets[0] ?? '0x'
  return {
    tenant,
    providers,
    start: (...args) => start(home, args),
    async tender(...args) {
      const { code, stdout, stderr } = await start(home, [...args, '--json']).finished
      if (code !== 0) throw new Error(`tender ${args.join(' ')} ended with ${code}: ${stderr}`)
      return JSON.parse(stdout)
    },
    deposited: async () =>
      (await getBalance(tenant, { account: privateKeyToAccount(tenantKey).address, asset })).deposited,
    folder,
    keys: {
      'the tenant’s key': tenantKey,
      'the relay’s key': relayKey,
      ...Object.fromEntries(providerRoles.map(({ name, operatorKey }) => [`the operator key of ${name}`, operatorKey])),
    },
    said: () => Object.fromEntries(started.map(([command, tender]) => [command, tender.said()])),
  }
}

/** The chain listens on this machine alone; its market is everywhere. */
async function publish(port: number, address: string, as: number, cleanups: (() => Promise<unknown>)[]) {
  const server = createServer((socket) => {
    const upstream = connect(port, '127.0.0.1')
    socket.pipe(upstream).pipe(socket)
    socket.on('error', () => upstream.destroy())
    upstream.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(as, address, resolve))
  cleanups.push(async () => server.close())
  return `http://${address}:${as}`
}

/** As the embedded market, but a busy machine has time to start a workload. */
async function deploy(rpcUrl: string) {
  const governor = privateKeyToAccount(governorKey)
  const book = await deployMarket(await createChainClient({ rpcUrl, chainId: localChainId, account: governor }), {
    testDollar: true,
    resources: [{ resource: 'cu', stakePerUnit: parseEther('100') }],
    feeBps: 100,
    policy: {
      maxAuctionSeconds: 3600,
      startWindowSeconds: 600,
      tenantStake: 0n,
      advantageBps: [1500, 1000, 500, 0, 0],
    },
    eras: { eraSeconds: 30, activationDelaySeconds: 5, livenessEras: 10, maxVetoes: 3 },
    finalGraceSeconds: 3600,
    unbondingDelaySeconds: 86_400,
  })
  const tenant = await createMarketClient({ rpcUrl, book, account: privateKeyToAccount(tenantKey) })
  await setUpActors(rpcUrl, book, await getAsset(tenant, { asset: book.assets[0] ?? '0x' }))
  return { book, tenant }
}

async function prepareProvider(
  folder: string,
  role: ProviderRole,
  host: NatHost,
  config: object,
  start: (home: string, args: readonly string[], place: Place) => Tender,
): Promise<NatProvider & { close(): Promise<void> }> {
  const socket = join(folder, 'docker.sock')
  await keepPlayKey(folder, 'operator', role.operatorKey)
  await writeJson(join(folder, 'provider.json'), {
    stateDir: join(folder, 'state'),
    ...config,
    sales: { cu: { pricing: { strategy: 'fixed', price: '20000' } } },
    drivers: { docker: { socket } },
    settleEverySeconds: 10,
  })
  const command = ['provider', 'start', '--config', join(folder, 'provider.json'), '--account', 'operator', '--json']
  const place: Place = { spawn: host.spawn }
  let agent: Tender | undefined
  let engine: ChildProcess | undefined

  const provider: NatProvider = {
    role,
    async startAgent() {
      agent = start(folder, command, place)
      await agent.nextLine()
    },
    async killAgent() {
      if (agent) await killed(agent.process)
    },
    async startEngine() {
      await mkdir(join(folder, 'exec'), { recursive: true })
      await rm(join(folder, 'docker.pid'), { force: true })
      const paths = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')]
      const rest = ['--pidfile', join(folder, 'docker.pid'), '-H', `unix://${socket}`, '--bridge=none']
      const log = await open(join(folder, 'dockerd.log'), 'a')
      engine = host.spawn('dockerd', [...paths, ...rest], { stdio: ['ignore', log.fd, log.fd] })
      await log.close()
      const spawned = engine
      await until(async () => {
        if (spawned.exitCode !== null) {
          const said = (await readFile(join(folder, 'dockerd.log'), 'utf8')).slice(-2_000)
          throw new Error(`dockerd of ${role.name} ended with ${spawned.exitCode}: ${said}`)
        }
        return pings(socket)
      })
    },
    async killEngine() {
      if (engine) await killed(engine)
      const pid = await readFile(join(folder, 'exec/containerd/containerd.pid'), 'utf8').catch(() => '')
      await until(async () => pid === '' || !(await isThere(pid)))
    },
  }
  return {
    ...provider,
    async close() {
      await provider.killAgent()
      // Also after a failure in the middle, when the engine may be gone: what it had would run on.
      if (engine?.exitCode !== null || engine.signalCode !== null) await provider.startEngine()
      await removeAll({ stateDir: join(folder, 'state', 'docker'), socketPath: socket })
      await provider.killEngine()
      await unmountBelow(folder)
    },
  }
}

async function writeJson(file: string, value: object): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, JSON.stringify(value))
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

/** Waits for what the system does by itself. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const signal = AbortSignal.timeout(DEADLINE_MS); !(await isSo()); ) await delay(50, undefined, { signal })
}

function pings(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = request({ socketPath, path: '/_ping', timeout: 5_000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    asking.on('timeout', () => asking.destroy())
    asking.on('error', () => resolve(false))
    asking.end()
  })
}

/** A zombie too: a new dockerd takes it for a containerd to rely on. */
async function isThere(pid: string): Promise<boolean> {
  return access(`/proc/${pid.trim()}`).then(
    () => true,
    () => false,
  )
}

/** What engines and volumes left mounted. */
async function unmountBelow(folder: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '')
  for (const point of mounts.filter((path) => path.startsWith(`${folder}/`)).reverse())
    await promisify(execFile)('umount', ['-l', point])
}
