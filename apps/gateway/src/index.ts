export type { EmbeddedAccount } from '@tender/api'
export { type GatewayConfig, type GatewayConfigFile, gatewayConfigSchema } from './config.ts'
export { type Gateway, type GatewayOptions, startGateway } from './startGateway.ts'
