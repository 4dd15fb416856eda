import type { Asset, EmbeddedAccount, EraTiming } from '@tender/api'
import type { Logger, Metrics } from '@tender/kit'
import type { AddressBook } from '@tender/sdk'
import type { Address, Hex } from 'viem'
import type { GatewayNetwork } from '../network/gatewayNetwork.ts'
import type { Store } from '../store/openStore.ts'

/** What the API asks a chain itself, rather than the database. */
export type ApiChain = {
  readonly book: AddressBook
  /** Names of a token, which never change. */
  asset(address: Address): Promise<Pick<Asset, 'address' | 'symbol' | 'name' | 'decimals'>>
  /** How eras run; undefined: the market has no monitors. */
  eraTiming(): Promise<EraTiming | undefined>
  /** Whether an account signed a text, with its key or by its contract (EIP-1271). */
  signed(claim: { address: Address; message: string; signature: Hex }): Promise<boolean>
}

/** How much one address, account or token may ask: points in a minute. A request is one point, heavy ones are more. */
export type ApiLimits = {
  /** Of one address that did not sign in. @default 1200 */
  address: number
  /** Of one account that did, or of one token. @default 3000 */
  account: number
  /** Sign-ins of one address. @default 30 */
  signIn: number
  /** Orders of one address or account. @default 60 */
  orders: number
  /** Live streams at once, in all. @default 2000 */
  listeners: number
  /** Live streams at once of one address. @default 50 */
  listenersOfAddress: number
}

export type ApiOptions = {
  store: Store
  chain: ApiChain
  /** Absent: orders are not taken and proofs not made. */
  network?: GatewayNetwork | undefined
  /** Unix seconds by the chain's clock. */
  now(): number
  /** The chain's latest block as last seen. */
  head(): { block: number; timestamp: number } | undefined
  /** Endpoint for pages. */
  publicRpcUrl: string
  /** Where pages find the gateway. Absent: wherever on this machine they ask for it. */
  publicUrl?: string | undefined
  /** Ready-made accounts of an embedded market. */
  embeddedAccounts?: readonly EmbeddedAccount[] | undefined
  /** The page's built files. */
  staticDirectory?: string | undefined
  /** Proxies whose `X-Forwarded-For` is believed. */
  trustedProxies?: readonly string[] | undefined
  /** Not ready with more blocks to read than this. @default 20 */
  maxLagBlocks?: number | undefined
  limits?: Partial<ApiLimits> | undefined
  metrics: Metrics
  log: Logger
}

export const defaultLimits: ApiLimits = {
  address: 1200,
  account: 3000,
  signIn: 30,
  orders: 60,
  listeners: 2000,
  listenersOfAddress: 50,
}
