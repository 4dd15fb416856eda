import { addNetworkMetrics, createMetrics, type Metrics } from '@tender/kit'
import type { IndexerStatus } from '../indexer/progress.ts'
import type { GatewayNetwork, PipeUse } from '../network/gatewayNetwork.ts'
import { addMarketMetrics, type MarketReading } from './marketMetrics.ts'

/** What of a gateway is told; its API adds its own. */
export type MeasuredParts = MarketReading & {
  indexer: { status(): Pick<IndexerStatus, 'at' | 'head' | 'events' | 'reorgs' | 'failures'> }
  /** The chain's latest block as last seen. */
  head(): { timestamp: number } | undefined
  network: Pick<GatewayNetwork, 'pipeUse' | 'counts'>
}

/** The metrics of one gateway; docs/observability.md tells what each means. */
export function createGatewayMetrics(parts: MeasuredParts): Metrics {
  const { indexer, head, now } = parts
  const metrics = createMetrics({ prefix: 'tender_gateway' })
  metrics.gauge('chain_silence_seconds', {
    help: 'Age of the newest block that was seen.',
    read: () => Math.max(0, now() - (head()?.timestamp ?? now())),
  })
  metrics.gauge('index_block_number', {
    help: 'The newest block that the database knows; 0: none.',
    read: () => indexer.status().at ?? 0,
  })
  metrics.gauge('index_lag_blocks', {
    help: 'Blocks of the chain that are not in the database yet.',
    read: () => Math.max(0, (indexer.status().head ?? 0) - (indexer.status().at ?? 0)),
  })
  metrics.counter('index_events_total', { help: 'Events that were indexed.', read: () => indexer.status().events })
  metrics.counter('index_reorganisations_total', {
    help: 'How often the chain took back blocks that were indexed.',
    read: () => indexer.status().reorgs,
  })
  metrics.counter('index_failed_steps_total', {
    help: 'Times that the chain or the database did not answer; what failed is tried again.',
    read: () => indexer.status().failures,
  })
  addMarketMetrics(metrics, parts)
  addNetworkMetrics(metrics, parts.network.counts)
  addPipeMetrics(metrics, parts.network.pipeUse)
  return metrics
}

/** What the pipe tells, by which pages speak with peers. */
function addPipeMetrics(metrics: Metrics, use: () => PipeUse): void {
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
