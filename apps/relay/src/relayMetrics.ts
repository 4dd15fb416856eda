import type { Ingress } from '@tender/ingress'
import { addIngressMetrics, addNetworkMetrics, createMetrics, type Metrics } from '@tender/kit'
import type { NetworkNode, PublishedLeases } from '@tender/network'
import type { RelayConfig } from './config.ts'

/** What of a running relay is told. */
export type MeasuredParts = {
  node: Pick<NetworkNode, 'counts' | 'peerId'>
  limits: RelayConfig['limits']
  /** Absent: it serves no visitors. */
  ingress: Pick<Ingress, 'counts'> | undefined
  published: Pick<PublishedLeases, 'leases'> | undefined
}

/** The metrics of one relay; docs/observability.md tells what each means. */
export function createRelayMetrics({ node, limits, ingress, published }: MeasuredParts): Metrics {
  const metrics = createMetrics({ prefix: 'tender_relay', labels: { relay: node.peerId } })
  metrics.gauge('held_places', {
    help: 'Places that providers and guests hold here now.',
    read: () => node.counts().places,
  })
  metrics.gauge('most_places', { help: 'Places that there are.', read: () => limits.providers })
  metrics.gauge('published_leases', {
    help: 'Leases whose visitors come in here.',
    read: () => published?.leases().length ?? 0,
  })
  if (ingress) addIngressMetrics(metrics, ingress.counts)
  addNetworkMetrics(metrics, node.counts)
  return metrics
}
