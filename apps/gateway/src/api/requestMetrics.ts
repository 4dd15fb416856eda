import type { Metrics } from '@tender/kit'
import type { LiveHub } from './live/liveHub.ts'

/** What requests took, by the route's template, so that no path of a stranger becomes a series of its own. */
export function createRequestMetrics(metrics: Metrics, hub: LiveHub) {
  const duration = metrics.histogram('http_request_seconds', {
    help: 'How long requests took until their answer began.',
    labels: { route: 64, status: 5 },
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
  })
  metrics.gauge('live_listeners_connections', {
    help: 'Streams of live updates that are open.',
    read: () => hub.count(),
  })
  return {
    observe(route: string, status: number, ms: number): void {
      duration.observe(ms / 1000, { route, status: `${Math.floor(status / 100)}xx` })
    },
  }
}
