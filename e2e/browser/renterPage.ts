// Runs in a browser: rents as a page does, with nothing but what a page may import.
import {
  askStatus,
  createBrowserNode,
  type LogLine,
  type NetworkNode,
  reachable,
  readLogs,
  verifyKeySignature,
} from '@tender/network/browser'
import { blobFacts, type Dialable } from '@tender/protocol'
import { type AddressBook, closeLease, createMarketClient, findProvider, type MarketClient } from '@tender/sdk'
import {
  asker,
  nowSeconds,
  type OrderRecord,
  planOf,
  type Records,
  type Tenant,
  type TenantLease,
  up,
} from '@tender/tenant'
import type { Hex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

export type RenterOptions = {
  rpcUrl: string
  book: AddressBook
  tenantKey: Hex
  gateway: Dialable
  pipeUrl: string
  compose: string
  /** Files that the Compose file names, as base64. */
  files: Record<string, string>
  enoughAnswers: number
}

export type Rented = {
  events: string[]
  bids: number
  leaseId: Hex
  phase: string
  /** How the provider is connected to the page. */
  connection: string
  /** The first line that the workload wrote. */
  line: string
}

const soon = () => AbortSignal.timeout(150_000)

function memoryRecords<Value>(): Records<Value> {
  const kept = new Map<string, Value>()
  return {
    get: async (id) => kept.get(id),
    put: async (id, value) => void kept.set(id, value),
    all: async () => [...kept.values()],
    find: () => Promise.reject(new Error('nobody types ids here')),
  }
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}

async function withNode<Result>(
  { gateway, pipeUrl, book }: RenterOptions,
  privateKey: Hex,
  market: MarketClient,
  work: (node: NetworkNode) => Promise<Result>,
): Promise<Result> {
  const node = await createBrowserNode({
    privateKey,
    gateway,
    pipeUrl,
    market: { chainId: book.chainId, orderBook: book.contracts.orderBook },
    verifySignature: verifyKeySignature,
    providerOf: async (operator) => (await findProvider(market, { operator }))?.id,
    nowSeconds,
    log: () => {},
  })
  await node.start()
  try {
    await reachable(node, soon())
    return await work(node)
  } finally {
    await node.stop()
  }
}

async function firstLine(log: AsyncIterable<LogLine>): Promise<string> {
  for await (const { stream, text } of log) if (stream === 'stderr') return text
  throw new Error('the log ended')
}

/** Asks about a lease as a page that was loaded anew: over a connection of its own to the provider. */
async function askAnew(node: NetworkNode, record: TenantLease, records: Tenant['records']) {
  const lease = record.leaseId
  const ask = asker({ node, records, record, bootstrap: [], signal: soon() })
  const { phase } = await ask((provider) => askStatus(node, provider, { lease }, soon()))
  // Its answer is not this page's to read, but that it was asked shows in the log.
  await fetch(record.url ?? '', { mode: 'no-cors' })
  const line = await ask((provider) => firstLine(readLogs(node, provider, { lease, follow: true, tail: 100 }, soon())))
  return { phase, line, connection: node.connectionTo(record.provider.publicKey) ?? 'none' }
}

async function rent(options: RenterOptions): Promise<Rented> {
  const { rpcUrl, book, tenantKey, compose, files, enoughAnswers } = options
  const market = await createMarketClient({ rpcUrl, book, account: privateKeyToAccount(tenantKey) })
  const agentKey = generatePrivateKey()
  const file = (place: string) => bytesOf(files[place] ?? '')
  const sources = { readFile: (place: string) => [file(place)], readSecret: async () => new Uint8Array() }
  const plan = await planOf(compose, {
    ...sources,
    composeFile: 'draft',
    shownAs: 'compose.yaml',
    name: 'page',
    placeOf: (named) => named,
    imageFacts: async (place) => blobFacts(file(place)),
    readSmall: async (place) => file(place),
    variable: () => undefined,
  })
  const records = { orders: memoryRecords<OrderRecord>(), leases: memoryRecords<TenantLease>() }
  const events: string[] = []
  const { leases, choice } = await withNode(options, agentKey, market, (node) =>
    up({ market, node, records, sources }, plan, {
      auctionSeconds: 60,
      enoughAnswers,
      onEvent: ({ type }) => events.push(type),
      signal: soon(),
    }),
  )
  const [record] = leases
  if (!record) throw new Error('no lease')
  const asked = await withNode(options, agentKey, market, (node) => askAnew(node, record, records))
  await closeLease(market, { lease: record.terms })
  const bids = choice.chosen.length + choice.spares.length + choice.disqualified.length
  return { events, bids, leaseId: record.leaseId, ...asked }
}

Object.assign(globalThis, { rent })
