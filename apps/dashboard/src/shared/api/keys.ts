/** Which entries a list is of; what is undefined does not narrow it. */
export type Filter = Readonly<Record<string, unknown>>

/**
 * Names of all that the page reads, in one place: what is invalidated is what was read. A key that begins with another one is
 * a part of it.
 */
export const keys = {
  market: () => ['market'] as const,
  classes: () => ['classes'] as const,
  resourceClass: (name: string) => ['classes', name] as const,
  candles: (name: string, asset: string, interval: 'hour' | 'day') => ['candles', name, asset, interval] as const,
  depth: (name: string, asset: string) => ['depth', name, asset] as const,
  matches: (filter: Filter = {}) => ['matches', filter] as const,
  orders: (filter: Filter = {}) => ['orders', filter] as const,
  order: (hash: string) => ['order', hash] as const,
  leases: (filter: Filter = {}) => ['leases', filter] as const,
  lease: (id: string) => ['lease', id] as const,
  job: (lease: string) => ['job', lease] as const,
  providers: (filter: Filter = {}) => ['providers', filter] as const,
  provider: (id: string) => ['provider', id] as const,
  providerEras: (id: string) => ['provider', id, 'eras'] as const,
  earnings: (id: string, interval: 'hour' | 'day') => ['provider', id, 'earnings', interval] as const,
  eras: () => ['eras'] as const,
  era: (era: number) => ['era', era] as const,
  leaves: (era: number) => ['era', era, 'leaves'] as const,
  leaseProof: (era: number, lease: string) => ['era', era, 'leaseProof', lease] as const,
  providerProof: (era: number, provider: string) => ['era', era, 'providerProof', provider] as const,
  chainRoot: (era: number) => ['chainRoot', era] as const,
  monitors: () => ['monitors'] as const,
  account: (address: string) => ['account', address] as const,
  movements: (address: string) => ['account', address, 'movements'] as const,
  transaction: (hash: string) => ['transaction', hash] as const,
  session: () => ['session'] as const,
  drafts: () => ['session', 'drafts'] as const,
  tokens: () => ['session', 'tokens'] as const,
}
