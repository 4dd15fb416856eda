import { zeroAddress, zeroHash } from 'viem'
import type { Brief } from './manifest/manifest.ts'
import type { Order } from './messages.ts'
import { resourceId, tiers } from './tables.ts'

// What the tests of all packages ask for, unless they are about it.

/** A small Wasm program. */
export const testBrief: Brief = {
  version: 2,
  driver: 'wasm',
  resource: 'cu',
  units: 1,
  cpuMillis: 500,
  memoryBytes: 64 * 1024 * 1024,
  diskBytes: 0,
  blobBytes: 5,
  containers: 1,
  ports: [],
}

/** One unit for an hour, by time, from anybody; of nobody, and over long ago, unless told. */
export function testOrder(over: Partial<Order> = {}): Order {
  return {
    tenant: zeroAddress,
    agent: zeroAddress,
    asset: zeroAddress,
    resource: resourceId('cu'),
    kind: 0,
    tier: tiers.standard,
    units: 1,
    replicas: 1,
    maxPrice: 20_000n,
    duration: 3600,
    maxMinSeconds: 0,
    uptimeBps: 0,
    maxSilence: 0,
    worstLevel: 5,
    spread: 0,
    countries: [],
    verifier: zeroAddress,
    manifest: zeroHash,
    jobTerms: zeroHash,
    previous: zeroHash,
    handoverSeconds: 0,
    auctionEnd: 0,
    expiry: 0,
    nonce: 1n,
    ...over,
  }
}
