import { createMetrics, type Metrics } from '@tender/kit'
import type { PipeUse } from '../network/gatewayNetwork.ts'

/** The gateway's metrics, still empty: its parts add theirs. docs/observability.md tells what each means. */
export function createGatewayMetrics(): Metrics {
  return createMetrics({ prefix: 'tender_gateway' })
}

/** What the indexer did since the process started. */
export type IndexerCounts = {
  /** Ranges of blocks that were written, each in one transaction. */
  steps: number
  events: number
  /** How often the chain took blocks back, and how many in all. */
  reorganisations: number
  undoneBlocks: number
}

/** What the indexer tells. `counts` is read at each scrape. */
export function addIndexerMetrics(metrics: Metrics, counts: () => IndexerCounts): void {
  metrics.counter('index_steps_total', {
    help: 'Ranges of blocks that were written to the database.',
    read: () => counts().steps,
  })
  metrics.counter('index_events_total', { help: 'Events that were written.', read: () => counts().events })
  metrics.counter('index_reorganisations_total', {
    help: 'How often the chain took blocks back that were written.',
    read: () => counts().reorganisations,
  })
  metrics.counter('index_undone_blocks_total', {
    help: 'Blocks that were taken back so.',
    read: () => counts().undoneBlocks,
  })
}

/** From a look into memory up to what a client waits for. */
const HTTP_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const statuses = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const
const kinds = ['rest', 'graphql', 'page', 'other'] as const

/** Told of each answer of the HTTP server. */
export type HttpMeter = {
  /** `seconds`: from the request's head to the answer's. */
  answered(kind: (typeof kinds)[number], status: number, seconds: number): void
}

/** What the HTTP server tells. `listeners`: live streams of events now. */
export function addHttpMetrics(metrics: Metrics, listeners: () => number): HttpMeter {
  const requests = metrics.counter('http_requests_total', {
    help: 'Answered requests, by what was asked and the class of status.',
    labels: { kind: kinds, status: statuses },
  })
  const latency = metrics.histogram('http_request_seconds', {
    help: 'From a request to the beginning of its answer.',
    labels: { kind: kinds },
    buckets: HTTP_SECONDS,
  })
  metrics.gauge('http_event_streams', { help: 'Live streams of events now.', read: listeners })
  return {
    answered(kind, status, seconds) {
      const found = statuses[Math.floor(status / 100) - 1]
      if (found) requests.add(1, { kind, status: found })
      latency.observe(seconds, { kind })
    },
  }
}

/** What the pipe tells, by which pages speak with peers. */
export function addPipeMetrics(metrics: Metrics, use: () => PipeUse): void {
  metrics.gauge('pipe_open_connections', { help: 'Pipes of pages to peers now.', read: () => use().open })
  metrics.counter('pipe_opened_total', { help: 'Pipes that were opened.', read: () => use().opened })
  metrics.counter('pipe_refused_total', {
    help: 'Pipes that were refused, by why.',
    labels: { reason: 16 },
    read: () => Object.entries(use().refused).map(([reason, count]) => [count, { reason }] as const),
  })
  metrics.counter('pipe_sent_bytes_total', { help: 'Bytes from pages to peers.', read: () => use().bytesOut })
  metrics.counter('pipe_received_bytes_total', { help: 'Bytes from peers to pages.', read: () => use().bytesIn })
}
