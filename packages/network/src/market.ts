import type { Address, Hex } from 'viem'
import type { Log } from './log.ts'

/** Which market a node takes part in. Peers of different markets never understand each other. */
export type Market = { chainId: number; orderBook: Address }

/** What a node cannot know by itself. */
export type MarketView = {
  /**
   * Whether `signature` over `digest` is `signer`'s. A node asks it only where `signer`'s own key did not make the signature: of contract
   * wallets (EIP-1271), for which the chain answers. May reject when the chain cannot be reached; what it judges is then neither passed on nor
   * held against the peer that sent it.
   */
  verifySignature(check: { signer: Address; digest: Hex; signature: Hex }, signal: AbortSignal): Promise<boolean>
  /** The provider whose operator key this account is, `undefined` if none. Its answers are kept for a minute. */
  providerOf(operator: Address, signal: AbortSignal): Promise<bigint | undefined>
  /** The clock that expiries are judged by, unix seconds. */
  nowSeconds(): number
  log: Log
}

/** Who is at the other end of a stream, as the handshake proved it. */
export type Caller = { address: Address; publicKey: Hex }

/** Name of a topic or a stream protocol: the wire format's version, the market, then what it is for. */
export function wireName({ chainId, orderBook }: Market, purpose: string): string {
  return `/tender/1/${chainId}/${orderBook.toLowerCase()}/${purpose}`
}
