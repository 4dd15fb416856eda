export { parseConfig, readConfig } from './config.ts'
export { createLogFile } from './createLogFile.ts'
export {
  addChainMetrics,
  addIngressMetrics,
  addNetworkMetrics,
  type ChainReading,
  type IngressReading,
  type NetworkReading,
} from './daemonMetrics.ts'
export { createLifecycle, type Lifecycle } from './lifecycle.ts'
export { createLog, type Logger, type LogLevel } from './log.ts'
export {
  createMetrics,
  type LabelSpecs,
  type LabelValues,
  type MetricOptions,
  type Metrics,
  metricsContentType,
  metricUnits,
  processMetrics,
  type Reading,
} from './metrics.ts'
export { isPublicAddress, lookupPublic, privateAddress } from './publicAddress.ts'
export { type RetryOptions, retry, retryDelayMs } from './retry.ts'
export {
  type MetricsServer,
  metricsConfigSchema,
  type ScrapeTarget,
  type ServeMetricsOptions,
  serveMetrics,
  startMetrics,
} from './serveMetrics.ts'
export { type Collection, type KeyRange, type OpenStoreOptions, openStore, type Store } from './store.ts'
