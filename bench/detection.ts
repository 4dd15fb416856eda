/**
 * How long a death goes unnoticed, with the settings of a real network: five monitors and eight providers with a lease each, real peers
 * and HTTP on the loopback, at real speed (some four minutes). First the workloads die and their providers live on, then the whole hosts
 * fall silent: they take connections and say nothing, so that everything runs into its time limit. A round is the mean time between two
 * visits of a lease by one monitor. `npm run bench:detection [-- --json]`
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { hostLabel } from '@tender/ingress'
import { createLog, openStore } from '@tender/kit'
import { createWatcher, type WatchedLease, type Watcher, watchConfigSchema } from '@tender/monitor'
import {
  askPing,
  createNetworkNode,
  type NetworkNode,
  serveChallenges,
  servePings,
  verifyKeySignature,
} from '@tender/network'
import { type EraMonitor, marketDomain, typedData } from '@tender/protocol'
import { type Address, type Hex, keccak256, numberToHex, zeroAddress, zeroHash } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { runBench } from './report/runBench.ts'
import type { BenchResult } from './report/types.ts'

type Row = {
  name: string
  medianSeconds: number
  worstSeconds: number
  /** Of the median and the worst. */
  rounds: readonly [number, number]
}

type Lease = {
  watched: WatchedLease
  node: NetworkNode
  server: Server
  alive: boolean
  /** When each monitor came, by its address. */
  visits: Map<string, number[]>
}

const MONITORS = 5
const PROVIDERS = 8
/** Of five equal ones: more than half, and more than two thirds. */
const MAJORITY = 3
const QUORUM = 4
const DEADLINE_MS = 900_000

const stopping = new AbortController()
const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(DEADLINE_MS)])
const market = { chainId: 31_337, orderBook: zeroAddress }
const operators = new Map<Address, bigint>()
const nowSeconds = () => Math.floor(Date.now() / 1000)
const config = watchConfigSchema.parse({ probe: { allowPrivate: true }, capacity: { momentsPerEra: 0 } })
const nodes: NetworkNode[] = []
const ended: Promise<void>[] = []
/** When monitors suspected and agreed, by lease. */
const suspected = new Map<Hex, number>()
const agreed = new Map<Hex, number>()

const leases: Lease[] = []

await runBench(
  'detection',
  async (_, stop) => {
    stop.addEventListener('abort', () => stopping.abort(stop.reason))
    try {
      for (let n = 1; n <= PROVIDERS; n++) leases.push(await startProvider(BigInt(n)))
      await startMonitors()
      await announceUntilSeen()
      const died = await killWorkloads()
      return resultOf([...died, ...(await silenceHosts())])
    } finally {
      stopping.abort()
      await Promise.all(ended)
      await Promise.all(nodes.map((node) => node.stop()))
      for (const { server } of leases) server.close().closeAllConnections()
    }
  },
  {
    about: 'How long a death goes unnoticed, with the settings of a real network and at real speed: some four minutes.',
  },
)
process.exit()

async function startNode(privateKey: Hex): Promise<NetworkNode> {
  const node = await createNetworkNode({
    privateKey,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    bootstrap: nodes[0]?.addresses() ?? [],
    market,
    verifySignature: verifyKeySignature,
    providerOf: async (operator) => operators.get(operator),
    nowSeconds,
    log: () => {},
  })
  await node.start()
  nodes.push(node)
  return node
}

async function startProvider(provider: bigint): Promise<Lease> {
  const privateKey = generatePrivateKey()
  const account = privateKeyToAccount(privateKey)
  operators.set(account.address, provider)
  const id = keccak256(numberToHex(provider))
  const server = createServer((request, response) => {
    const from = request.socket.remoteAddress ?? ''
    lease.visits.set(from, [...(lease.visits.get(from) ?? []), performance.now()])
    // As an ingress answers whose workload is dead.
    response.writeHead(lease.alive ? 200 : 502).end('hello')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // CAST: it listens on TCP
  const url = `http://${hostLabel(id)}.localhost:${(server.address() as AddressInfo).port}`
  const node = await startNode(privateKey)
  await serveChallenges(node, {
    isMonitor: async () => true,
    async answer({ lease, nonce }) {
      const said = { at: nowSeconds(), running: true, url }
      const domain = marketDomain(market)
      const signature = await account.signTypedData(typedData(domain, 'ChallengeAnswer', { lease, nonce, ...said }))
      const started = { lease, at: 1, inputs: zeroHash }
      const word = { started, signature: await account.signTypedData(typedData(domain, 'Started', started)) }
      return { ...said, signature, started: word }
    },
  })
  const watched = { lease: id, provider, order: id, start: 0, stop: nowSeconds() + 7_200, startWindow: 60 }
  const lease: Lease = { watched, node, server, alive: true, visits: new Map() }
  return lease
}

async function startMonitors(): Promise<void> {
  const keys = Array.from({ length: MONITORS }, generatePrivateKey)
  const peers = await Promise.all(keys.map(startNode))
  await Promise.all(peers.map(servePings))
  const monitors: EraMonitor[] = peers.map(({ address }) => ({ monitor: address, weight: 1 }))
  const operatorOf = async (provider: bigint) => [...operators].find(([, id]) => id === provider)?.[0]
  const watchers: Watcher[] = peers.map((node, n) =>
    createWatcher({
      account: privateKeyToAccount(keys[n] ?? generatePrivateKey()),
      reports: zeroAddress,
      eraSeconds: 3_600,
      node,
      store: openStore({ file: ':memory:' }),
      config: { ...config, probe: { ...config.probe, localAddress: `127.0.0.${n + 2}` } },
      operatorOf,
      monitors: () => monitors,
      async ping(monitor, within) {
        const peer = peers.find(({ address }) => address === monitor)
        if (peer) await askPing(node, peer.contact(), within)
      },
      capacity: () => [],
      suspect: ({ lease }) => void agree(watchers, n, lease),
      nowSeconds,
      log: createLog({ name: 'bench', level: 'silent' }),
    }),
  )
  ended.push(...watchers.map((watcher) => watcher.run(stopping.signal)))
  const all = leases.map(({ watched }) => watched)
  await Promise.all(watchers.map((watcher) => watcher.watch(1n, all)))
}

/** The first suspicion of a lease is looked into by all others. */
async function agree(watchers: readonly Watcher[], first: number, id: Hex): Promise<void> {
  if (suspected.has(id)) return
  suspected.set(id, performance.now())
  const lease = leases.find(({ watched }) => watched.lease === id)
  if (!lease) return
  let standing = 1
  const others = watchers.filter((_, n) => n !== first)
  await Promise.all(
    others.map(async (watcher) => {
      const { vanished } = await watcher.confirm(lease.watched, signal)
      if (vanished && ++standing === QUORUM) agreed.set(id, performance.now())
    }),
  )
}

/** Until every monitor has visited every lease. */
async function announceUntilSeen(): Promise<void> {
  await Promise.all(leases.map(({ node }) => node.availability.ready({ signal })))
  const seen = () => leases.every(({ visits }) => visits.size === MONITORS)
  for (let seconds = 0; !seen(); seconds++) {
    if (seconds % 10 === 0) await Promise.all(leases.map((lease) => announce(lease, seconds)))
    await sleep(1_000, undefined, { signal })
  }
}

async function announce({ node, watched: { provider } }: Lease, seconds: number): Promise<void> {
  const issuedAt = nowSeconds()
  const rest = { country: '0x4445', drivers: [], resources: [] } as const
  const availability = { provider, issuedAt, expiry: issuedAt + 120 + seconds, ...rest }
  await node.availability.publish({ availability }, signal)
}

/** Every workload at another moment; its provider lives on and says that it runs. */
async function killWorkloads(): Promise<Row[]> {
  const times = await Promise.all(
    leases.map(async (lease, n) => {
      await sleep(n * 1_500, undefined, { signal })
      const diedMs = performance.now()
      lease.alive = false
      const since = () =>
        [...lease.visits.values()].flatMap((all) => all.find((at) => at > diedMs) ?? []).sort((a, b) => a - b)
      while (since().length < MAJORITY) await sleep(100, undefined, { signal })
      lease.alive = true
      return since().map((at) => (at - diedMs) / 1_000)
    }),
  )
  return [
    rowOf(
      'a workload died: the first monitor found it',
      times.map(([first = 0]) => first),
    ),
    rowOf(
      '… more than half of its monitors did',
      times.map((all) => all[MAJORITY - 1] ?? 0),
    ),
  ]
}

/** Every host at another moment: its ports still take connections, and nothing is ever said. */
async function silenceHosts(): Promise<Row[]> {
  const times = await Promise.all(
    leases.map(async (lease, n) => {
      await sleep(n * 1_500, undefined, { signal })
      const silentMs = performance.now()
      await silence(lease)
      const { lease: id } = lease.watched
      while (!agreed.has(id)) await sleep(100, undefined, { signal })
      return [suspected, agreed].map((moments) => ((moments.get(id) ?? Number.NaN) - silentMs) / 1_000)
    }),
  )
  return [
    rowOf(
      'a host fell silent: the first monitor is sure',
      times.map(([first = 0]) => first),
    ),
    rowOf(
      '… more than two thirds would sign its end',
      times.map(([, quorum = 0]) => quorum),
    ),
  ]
}

async function silence({ node, server }: Lease): Promise<void> {
  const [address = ''] = node.addresses()
  const peerPort = Number(/\/tcp\/(\d+)/.exec(address)?.[1])
  // CAST: it listens on TCP
  const { port } = server.address() as AddressInfo
  server.close().closeAllConnections()
  await Promise.all([node.stop(), once(server, 'close')])
  for (const taken of [port, peerPort]) {
    const mute = createTcpServer((socket) => socket.on('error', () => {}))
    mute.listen(taken, '127.0.0.1')
    await once(mute, 'listening')
  }
}

function rowOf(name: string, seconds: readonly number[]): Row {
  const sorted = seconds.toSorted((a, b) => a - b)
  const medianSeconds = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const worstSeconds = sorted.at(-1) ?? Number.NaN
  const { meanSeconds } = config.probe
  return { name, medianSeconds, worstSeconds, rounds: [medianSeconds / meanSeconds, worstSeconds / meanSeconds] }
}

function resultOf(rows: readonly Row[]): BenchResult {
  const { meanSeconds } = config.probe
  return {
    bench: 'detection',
    title: 'From a death until monitors know',
    question: `With the settings of a real network and at real speed, ${MONITORS} monitors and ${PROVIDERS} leases, against a round of ${meanSeconds} s, the mean between two visits of one monitor. The goal is 60 s.`,
    tables: [
      {
        title: 'Seconds from the death',
        columns: [
          { key: 'name', label: '' },
          { key: 'medianSeconds', label: 'median', unit: 's', digits: 1 },
          { key: 'worstSeconds', label: 'worst', unit: 's', digits: 1 },
          { key: 'medianRounds', label: 'median', unit: 'rounds', digits: 1 },
          { key: 'worstRounds', label: 'worst', unit: 'rounds', digits: 1 },
        ],
        rows: rows.map(({ rounds: [medianRounds, worstRounds], ...row }) => ({ ...row, medianRounds, worstRounds })),
      },
    ],
    charts: [
      {
        title: 'Worst time from a death until it is known, in seconds',
        table: 0,
        kind: 'bar',
        x: 'name',
        y: 'worstSeconds',
      },
    ],
  }
}
