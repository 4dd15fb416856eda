export { type RelayConfig, type RelayConfigFile, relayConfigSchema } from './config.ts'
export { type Relay, type RelayOptions, startRelay } from './startRelay.ts'
