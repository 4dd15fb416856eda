import type { EmbeddedAccount } from '@tender/api'
import { createLifecycle, type Lifecycle, type Logger } from '@tender/kit'
import { createChainClock, createMarketClient } from '@tender/sdk'
import type { Hex } from 'viem'
import { createApiChain } from './api/apiChain.ts'
import { createApi } from './api/createApi.ts'
import { serveApi } from './api/serveApi.ts'
import type { GatewayConfig } from './config.ts'
import { createIndexer } from './indexer/createIndexer.ts'
import { createGatewayMetrics } from './metrics/gatewayMetrics.ts'
import { KEEP_SECONDS } from './network/contactBook.ts'
import { startGatewayNetwork } from './network/startGatewayNetwork.ts'
import { createContactKeeper, readContacts } from './records/keepContacts.ts'
import { keepEras } from './records/keepEras.ts'
import { createOrderKeeper } from './records/keepOrders.ts'
import { openStore } from './store/openStore.ts'
import { watchHead } from './watchHead.ts'

/** Chain id of a play chain. */
const LOCAL_CHAIN_ID = 31_337

export type GatewayOptions = {
  /** The gateway's peer; it needs no money. */
  privateKey: Hex
  /** Of the built dashboard; absent: only the API is served. */
  pageDirectory?: string | undefined
  /** Accounts that pages may act as: of an embedded market only, since everybody gets their keys. */
  accounts?: readonly EmbeddedAccount[] | undefined
  log: Logger
  /** Ends the start. */
  signal?: AbortSignal | undefined
}

/** A gateway that runs. */
export type Gateway = {
  /** Where it is found by browsers. */
  readonly url: string
  /** Where peers reach it: multiaddrs with `/p2p/…`. */
  addresses(): string[]
  /** Rejects if it cannot go on: the database is of another market. @see {createIndexer} */
  readonly ended: Promise<void>
  stop(): Promise<void>
}

export async function startGateway(config: GatewayConfig, options: GatewayOptions): Promise<Gateway> {
  const life = createLifecycle()
  const abort = () => void life.stop().catch(() => {}) // the start that is cut short reports why
  options.signal?.addEventListener('abort', abort, { once: true })
  try {
    return await compose(config, options, life)
  } catch (error) {
    await life.stop()
    throw error
  } finally {
    options.signal?.removeEventListener('abort', abort)
  }
}

async function compose(config: GatewayConfig, options: GatewayOptions, life: Lifecycle): Promise<Gateway> {
  const { log } = options
  const { rpcUrl, book, databaseUrl } = config
  const client = await createMarketClient({ rpcUrl, book, signal: life.signal })
  const clock = createChainClock()
  const head = watchHead(client, clock, log)
  const store = await life.start(
    'database',
    (signal) => openStore({ databaseUrl, directory: config.stateDir, signal, log }),
    (opened) => opened.close(),
  )
  // A play chain is made anew now and then; of any other chain that would be a mistake to hear of.
  const indexer = createIndexer({ client, store, log, startOver: client.chainId === LOCAL_CHAIN_ID })
  const { nowSeconds: now } = clock
  const orders = createOrderKeeper(store, log)
  const contacts = createContactKeeper(store, log)
  const heard = await readContacts(store, Math.floor(Date.now() / 1000) - KEEP_SECONDS)
  const network = await life.start(
    'network',
    () =>
      startGatewayNetwork({
        market: client,
        privateKey: options.privateKey,
        network: config.network,
        onOrder: orders.seen,
        onAvailability: contacts.seen,
        heard,
        log: (level, message, fields = {}) => log[level](fields, message),
      }),
    (peer) => peer.stop(),
  )
  const api = await createApi({
    store,
    network,
    chain: createApiChain(client),
    now,
    head: head.last,
    publicRpcUrl: config.publicRpcUrl ?? rpcUrl,
    publicUrl: config.http.publicUrl,
    embeddedAccounts: options.accounts,
    staticDirectory: options.pageDirectory,
    trustedProxies: config.http.trustedProxies,
    limits: config.limits,
    metrics: createGatewayMetrics({ store, now, indexer, head: head.last, network }),
    log,
  })
  const server = await life.start(
    'http',
    () => serveApi(api, { ...config.http, network }),
    (serving) => serving.stop(),
  )

  // Last: from here on it acts by itself.
  await runUntilStopped(life, log, 'head', head.run)
  await runUntilStopped(life, log, 'orders', orders.run)
  await runUntilStopped(life, log, 'contacts', contacts.run)
  await runUntilStopped(life, log, 'eras', (signal) => keepEras({ store, network, log }, signal))
  const { done: ended } = await runUntilStopped(life, log, 'indexer', indexer.run)
  log.info({ chainId: client.chainId, database: store.kind, url: server.url }, 'gateway started')
  return { url: config.http.publicUrl ?? server.url, addresses: network.addresses, ended, stop: life.stop }
}

/** Runs a loop that ends when the lifecycle's signal aborts, and lets the stop wait for it. */
async function runUntilStopped(
  life: Lifecycle,
  log: Logger,
  name: string,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<{ done: Promise<void> }> {
  return life.start(
    name,
    (signal) => {
      const done = run(signal)
      done.catch((error) => log.error({ error, part: name }, 'cannot go on'))
      return { done }
    },
    ({ done }) => done.catch(() => {}),
  )
}
