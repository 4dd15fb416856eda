import { verifyKeySignature } from '@tender/network'
import type { Hex } from 'viem'

/** What the nodes of a measurement on the loopback have in common. */
export const common = {
  bootstrap: [],
  market: { chainId: 1, orderBook: `0x${'01'.repeat(20)}` as Hex }, // CAST: 20 bytes
  verifySignature: verifyKeySignature,
  providerOf: async () => 1n,
  nowSeconds: () => 0,
  log: () => {},
}
