import { failureTable } from '@tender/protocol'
import type { Metrics } from './metrics.ts'

export type ChainReading = {
  /** Since the newest block was heard of. */
  silenceSeconds(): number
  /** What this process's transactions took. */
  spent: { transactions: number; gas: bigint }
  /** What the account has to pay for transactions, smallest units (10^18 are one coin). */
  balance(): Promise<bigint>
}

const COIN_DECIMALS = 18

/** What every daemon that sends transactions tells of its chain. */
export function addChainMetrics(metrics: Metrics, { silenceSeconds, spent, balance }: ChainReading): void {
  metrics.gauge('chain_silence_seconds', {
    help: 'Time since the newest block was heard of.',
    read: silenceSeconds,
  })
  metrics.counter('chain_transactions_total', { help: 'Transactions that were mined.', read: () => spent.transactions })
  metrics.counter('chain_gas_total', { help: 'Gas that they used.', read: () => Number(spent.gas) })
  metrics.gauge('chain_balance_tokens', {
    help: "Whole coins of the chain's own that the account has to pay for gas.",
    read: async () => Number(await balance()) / 10 ** COIN_DECIMALS,
  })
}

/** What a peer counts, as `NetworkNode.counts` of the network tells it. */
export type NetworkReading = {
  peers: number
  connections: { direct: number; relayed: number }
  streams: number
  receivedBytes: number
  sentBytes: number
  gossip: readonly { topic: string; accepted: number; ignored: number; refused: number }[]
  refused: ReadonlyMap<string, number>
}

const outcomes = ['accepted', 'ignored', 'refused'] as const

/** A market has three. */
const MOST_TOPICS = 8

/** What every daemon with a peer tells of it. `counts` is read at each scrape. */
export function addNetworkMetrics(metrics: Metrics, counts: () => NetworkReading): void {
  metrics.gauge('network_connected_peers', { help: 'Peers connected now.', read: () => counts().peers })
  metrics.gauge('network_open_connections', {
    help: 'Connections to peers now, by whether a relay is between.',
    labels: { way: ['direct', 'relayed'] },
    read() {
      const { direct, relayed } = counts().connections
      return [
        [direct, { way: 'direct' }],
        [relayed, { way: 'relayed' }],
      ]
    },
  })
  metrics.gauge('network_open_streams', { help: 'Streams with peers open now.', read: () => counts().streams })
  metrics.counter('network_received_bytes_total', {
    help: 'Bytes received from peers over TCP.',
    read: () => counts().receivedBytes,
  })
  metrics.counter('network_sent_bytes_total', {
    help: 'Bytes sent to peers over TCP.',
    read: () => counts().sentBytes,
  })
  metrics.counter('network_gossip_messages_total', {
    help: 'Gossip that neighbours passed on: taken, left alone, or refused with blame.',
    labels: { topic: MOST_TOPICS, outcome: outcomes },
    read: () =>
      counts().gossip.flatMap((gossip) =>
        outcomes.map((outcome) => [gossip[outcome], { topic: gossip.topic, outcome }] as const),
      ),
  })
  metrics.counter('network_refused_requests_total', {
    help: 'Requests of peers that were refused or failed, by class of failure.',
    labels: { class: Object.keys(failureTable) },
    read: () => [...counts().refused].map(([name, count]) => [count, { class: name }] as const),
  })
}

/** What an ingress counts, as `Ingress.counts` tells it. */
export type IngressReading = {
  connections: number
  refusedConnections: number
  requests: Readonly<Record<string, number>>
  receivedBytes: number
  sentBytes: number
}

const statuses = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const

/** What every daemon that serves visitors of leases tells of them. */
export function addIngressMetrics(metrics: Metrics, counts: () => IngressReading): void {
  metrics.gauge('ingress_open_connections', { help: 'Connections of visitors now.', read: () => counts().connections })
  metrics.counter('ingress_refused_connections_total', {
    help: 'Connections of visitors that were closed at once, since there were too many.',
    read: () => counts().refusedConnections,
  })
  metrics.counter('ingress_requests_total', {
    help: 'Answered requests of visitors, by class of status.',
    labels: { status: statuses },
    read() {
      const { requests } = counts()
      return statuses.map((status) => [requests[status] ?? 0, { status }] as const)
    },
  })
  metrics.counter('ingress_received_bytes_total', {
    help: 'Bytes received from visitors, without those whom a relay brought.',
    read: () => counts().receivedBytes,
  })
  metrics.counter('ingress_sent_bytes_total', {
    help: 'Bytes sent to visitors, without those whom a relay brought.',
    read: () => counts().sentBytes,
  })
}
