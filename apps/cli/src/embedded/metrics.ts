import { type Metrics, type MetricsServer, serveMetrics } from '@tender/kit'

export type EmbeddedMetricsStart = {
  /** On the loopback address; 0: any free one. */
  port: number
  /** Of each daemon in this process, by its name. */
  daemons: ReadonlyMap<string, Metrics>
  /** Of the gateway, which tells its own. */
  gatewayUrl: string | undefined
}

/**
 * Serves the metrics of all daemons of the embedded market under one address: Prometheus finds them by `/targets`.
 *
 * @throws {TenderError} `portTaken`
 */
export function startEmbeddedMetrics({ port, daemons, gatewayUrl }: EmbeddedMetricsStart): Promise<MetricsServer> {
  const gateway =
    gatewayUrl === undefined ? [] : [{ host: new URL(gatewayUrl).host, job: 'tender-gateway', instance: 'gateway' }]
  return serveMetrics({ listen: `127.0.0.1:${port}`, others: () => daemons, elsewhere: () => gateway })
}
