import { randomBytes } from 'node:crypto'
import {
  type Dialable,
  type Manifest,
  manifestHash,
  marketDomain,
  type Offer,
  type Order,
  offerHash,
  orderHash,
  privateHash,
  TenderError,
} from '@tender/protocol'
import { testBrief, testOrder } from '@tender/protocol/testOrder'
import { type Address, bytesToHex, type Hex, zeroAddress, zeroHash } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { expect, onTestFinished, vi } from 'vitest'
import { createNetworkNode } from './hostPlatform.ts'
import type { LeaseBook } from './leaseAccess.ts'
import type { Log } from './log.ts'
import { type MarketView, wireName } from './market.ts'
import type { NetworkNode, NetworkOptions } from './node.ts'
import { createStranger } from './testStranger.ts'
import { verifyKeySignature } from './verifySignature.ts'

// What the tests of this package share: real nodes on the loopback, real signatures, a registry that is a map.

export const market = { chainId: 31_337, orderBook: `0x${'ab'.repeat(20)}` as Address } // CAST: 20 bytes
export const NOW = 1_800_000_000

/** Bounds a test's waits; far above what they take, since tests may share few cores. */
export const soon = () => AbortSignal.timeout(90_000)

export type TestNode = NetworkNode & { privateKey: Hex }

/** Provider ids by operator account. */
export const registry = new Map<Address, bigint>()

export const view: MarketView = {
  verifySignature: verifyKeySignature,
  providerOf: async (operator) => registry.get(operator),
  nowSeconds: () => NOW,
  log: () => {},
}

/** A started node that stops with the test. */
export async function startNode(options: Partial<NetworkOptions> = {}): Promise<TestNode> {
  const node = await createTestNode(options)
  await node.start()
  return node
}

/** A node that is not started; it stops with the test. */
export async function createTestNode(options: Partial<NetworkOptions> = {}): Promise<TestNode> {
  const privateKey = options.privateKey ?? generatePrivateKey()
  const listen = ['/ip4/127.0.0.1/tcp/0']
  const node = await createNetworkNode({ listen, bootstrap: [], market, ...view, ...options, privateKey })
  onTestFinished(() => node.stop())
  return { ...node, privateKey }
}

/** A started node that is the operator of a registered provider. */
export async function startProvider(provider: bigint, options: Partial<NetworkOptions> = {}): Promise<TestNode> {
  const node = await startNode(options)
  registry.set(node.address, provider)
  return node
}

/** A started provider that listens nowhere and holds a place at each of `relays`. */
export async function startHidden(provider: bigint, ...relays: readonly NetworkNode[]): Promise<TestNode> {
  const node = await createTestNode({ listen: [], relays: relays.flatMap((relay) => relay.addresses()) })
  registry.set(node.address, provider)
  await node.start()
  await hasPlaces(node)
  return node
}

/** Resolves once all relays of a node hold a place for it. */
export const hasPlaces = (node: NetworkNode) =>
  vi.waitFor(() => expect(node.relays().map(({ reserved }) => reserved)).not.toContain(false), { timeout: 60_000 })

/** A book with one lease, whose agent and tenant is `agent`. */
export function bookOf(agent: NetworkNode, lease: Hex): LeaseBook {
  return {
    find: async (id) => (id === lease ? { tenant: agent.address, agent: agent.address, manifest: lease } : undefined),
    remember: async () => {},
  }
}

/** A manifest of one service whose file is `file`. */
export function manifestOf(sha256: Hex, bytes: number): Manifest {
  const image = { kind: 'blob' as const, sha256, bytes }
  const service = { name: 'web', image, args: [], env: {}, cpuMillis: 500, memoryBytes: 1024, ports: [], replicas: 1 }
  return { version: 2, brief: testBrief, services: [service], volumes: [], salt: bytesToHex(randomBytes(32)) }
}

export const manifest = manifestOf(`0x${'11'.repeat(32)}`, 5)

export function orderOf(tenant: Address, agent: Address, change: Partial<Order> = {}): Order {
  const nonce = BigInt(bytesToHex(randomBytes(32)))
  const committed = { countries: ['0x4445'], manifest: manifestHash(manifest), nonce } as const
  return testOrder({ tenant, agent, ...committed, auctionEnd: NOW + 60, expiry: NOW + 120, ...change })
}

/** What an agent publishes for a new order of a new tenant. */
export async function signedOrder(agent: Address, change: Partial<Order> = {}) {
  const tenant = privateKeyToAccount(generatePrivateKey())
  const order = orderOf(tenant.address, agent, change)
  const signature = await tenant.sign({ hash: orderHash(marketDomain(market), order) })
  return { order, signature, brief: testBrief, privateHash: privateHash(manifest) }
}

export async function signedOffer(operatorKey: Hex, change: Partial<Offer> = {}) {
  const offer: Offer = {
    provider: 1n,
    offerEpoch: 0,
    order: zeroHash,
    resource: zeroHash,
    asset: zeroAddress,
    tier: 1,
    units: 1,
    price: 15_000n,
    minSeconds: 0,
    maxDuration: 86_400,
    noticeSeconds: 0,
    expiry: NOW + 60,
    salt: BigInt(bytesToHex(randomBytes(32))),
    ...change,
  }
  const signature = await privateKeyToAccount(operatorKey).sign({ hash: offerHash(marketDomain(market), offer) })
  return { offer, signature }
}

/** `nodes` in a line, each knowing only its neighbours, with gossip flowing along it. */
export async function connectLine(nodes: readonly NetworkNode[]): Promise<void> {
  const links = nodes.slice(1).map((node, index) => node.dial(contactOf(nodes[index]), soon()))
  await Promise.all(links)
  const neighbours = (index: number) => (index === 0 || index === nodes.length - 1 ? 1 : 2)
  await Promise.all(nodes.map((node, index) => node.orders.ready({ peers: neighbours(index), signal: soon() })))
}

function contactOf(node: NetworkNode | undefined): Dialable {
  if (!node) throw new Error('no such node')
  return node.contact()
}

/** A peer that keeps none of our rules, connected; it stops with the test. */
export async function startStranger(to: NetworkNode) {
  const stranger = await createStranger(market)
  onTestFinished(() => stranger.stop())
  const { open } = await stranger.meet(to.addresses(), soon())
  return {
    ...stranger,
    gossip: (purpose: string, data: Uint8Array) => stranger.gossip(purpose, data, soon()),
    open: (purpose: string) => open(wireName(market, purpose), soon()),
  }
}

/** Collects what a node logs, and waits for an entry. */
export function logBook() {
  const entries: { message: string; fields: Record<string, unknown> }[] = []
  const log: Log = (_level, message, fields = {}) => void entries.push({ message, fields })
  const codes = () => entries.flatMap(({ fields }) => (fields.error instanceof TenderError ? [fields.error.code] : []))
  return { log, codes, seen: (code: string) => vi.waitFor(() => expect(codes()).toContain(code), { timeout: 60_000 }) }
}
