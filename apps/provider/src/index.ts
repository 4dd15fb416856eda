export { type ProviderConfig, type ProviderConfigFile, providerConfigSchema } from './config.ts'
export { askControl } from './control.ts'
export { type Provider, type ProviderOptions, startProvider } from './provider.ts'
export type { ProviderStatus } from './status.ts'
