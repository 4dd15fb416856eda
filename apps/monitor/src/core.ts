import { join, resolve } from 'node:path'
import type { Driver } from '@tender/driver'
import { type Lifecycle, type Logger, openStore, type Store } from '@tender/kit'
import { createNetworkNode, type NetworkNode } from '@tender/network'
import { createMarketClient, findProvider, type MarketClient, type MarketEvent } from '@tender/sdk'
import type { Hex, LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { MonitorConfig } from './config.ts'
import { openParts, type Parts } from './eras/parts.ts'
import type { ChainBlock } from './facts/blockAt.ts'
import { type EraTiming, readTiming } from './facts/chainFacts.ts'
import { type ChainView, createChainView } from './facts/chainView.ts'
import { createFactFollower, type FactFollower } from './facts/followFacts.ts'
import { lowerCase } from './facts/lowerCase.ts'
import { createPeers, type Peers } from './peers.ts'
import type { Watcher, WatcherOptions } from './watcher.ts'

export type MonitorOptions = {
  config: MonitorConfig
  /** The monitor's: account, signer of reports and peer in one. */
  privateKey: Hex
  log: Logger
  /** With what it runs tasks of jobs again, as `config.jobs` names them. @default none: it judges no job */
  drivers?: readonly Driver[] | undefined
  /** What it sees with; one that sees other things than there are is a monitor that lies. @default createWatcher */
  createWatcher?: ((options: WatcherOptions) => Watcher) | undefined
}

/** What every part of a monitor stands on: who it is, what it remembers, what it knows of the chain, and its peers. */
export type Core = MonitorOptions & {
  account: LocalAccount
  client: MarketClient
  store: Store
  parts: Parts
  timing: EraTiming
  facts: FactFollower
  chain: ChainView
  node: NetworkNode
  peers: Peers
  /** Calls `listener` at each new head of the chain. */
  onHead(listener: (head: ChainBlock) => void): void
  /** Calls `listener` with each event of the market, in the chain's order; after a crash with some once more. */
  onEvent(listener: (event: MarketEvent) => void): void
}

/** A monitor hears of a new block so often; more would only load the endpoint. */
const POLLING_MS = 500

/**
 * Opens what was kept and connects to the chain.
 *
 * @throws {TenderError} `storeInUse`; {CorruptStateError} {WrongChainError} {RpcUnreachableError}
 */
export async function openCore(options: MonitorOptions, life: Lifecycle): Promise<Core> {
  const { config, privateKey, log } = options
  const stateDir = resolve(config.stateDir)
  const store = await life.start(
    'store',
    () => openStore({ file: join(stateDir, 'monitor.db') }),
    (opened) => opened.close(),
  )
  const account = privateKeyToAccount(privateKey)
  const { rpcUrl, book } = config
  const client = await createMarketClient({ rpcUrl, book, account, signal: life.signal })
  const timing = await readTiming(client)
  const listeners: ((head: ChainBlock) => void)[] = []
  const eventListeners: ((event: MarketEvent) => void)[] = []
  const facts = createFactFollower({
    client: { ...client, pollingIntervalMs: Math.max(POLLING_MS, client.pollingIntervalMs) },
    store,
    log,
    onEvent(event) {
      for (const listener of eventListeners) listener(event)
    },
    onHead(head) {
      chain.tick(head)
      for (const listener of listeners) listener(head)
    },
  })
  const chain = createChainView({ client, timing, facts })
  const node = await createNode(options, client, chain)
  return {
    ...options,
    account,
    client,
    store,
    parts: await openParts(join(stateDir, 'parts'), store),
    timing,
    facts,
    chain,
    node,
    peers: createPeers(node, chain.members, client.book.contracts.jobs),
    onHead: (listener) => void listeners.push(listener),
    onEvent: (listener) => void eventListeners.push(listener),
  }
}

function createNode(
  { config: { network, book }, privateKey, log }: MonitorOptions,
  client: MarketClient,
  chain: ChainView,
): Promise<NetworkNode> {
  return createNetworkNode({
    ...network,
    privateKey,
    market: { chainId: book.chainId, orderBook: book.contracts.orderBook },
    verifySignature: ({ signer, digest, signature }) =>
      client.rpc.verifyHash({ address: signer, hash: digest, signature }),
    providerOf: async (operator) => (await findProvider(client, { operator }))?.id,
    nowSeconds: chain.nowSeconds,
    isExpected: async (account) => chain.members().some(({ monitor }) => monitor === lowerCase(account)),
    log: (level, message, fields = {}) => log[level](fields, message),
  })
}
