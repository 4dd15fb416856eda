/** Pools of kind 1 are the providers'. */
const PROVIDER_POOL = 1n << 160n

/** Id of a provider's pool of stake. */
export function providerPool(provider: bigint): bigint {
  return PROVIDER_POOL | provider
}
