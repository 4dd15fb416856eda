import {
  type Address,
  createPublicClient,
  type Hex,
  type HttpTransport,
  http,
  type LocalAccount,
  type PublicClient,
} from 'viem'
import type { AddressBook } from './addressBook.ts'
import { NoMarketError, WrongChainError } from './errors/chainErrors.ts'
import { translated } from './errors/translated.ts'
import type { MarketAsset } from './internal/readAsset.ts'
import { createSendLane, type SendLane } from './internal/sendLane.ts'

/** Chain id of anvil, whose blocks come at once. */
const LOCAL_CHAIN_ID = 31_337

/**
 * An account whose key is elsewhere, such as a browser wallet's: it signs messages, and signs and sends transactions in one, with
 * the nonce and fees that it chooses itself.
 */
export type SendingAccount = Pick<LocalAccount, 'address' | 'signTypedData'> & {
  /** @returns the transaction's hash, once it is sent. `value` is in wei of the chain's own coin. */
  sendTransaction(call: { to?: Address | undefined; data: Hex; value?: bigint | undefined; gas: bigint }): Promise<Hex>
}

/** Who signs: a key at hand, or a wallet. */
export type MarketAccount = LocalAccount | SendingAccount

export type CreateChainClientParameters = {
  /** HTTP or HTTPS endpoint. */
  rpcUrl: string
  /** The chain that is expected there. */
  chainId: number
  /** Signs messages and transactions. Without it the client only reads. Use one client per account and process. */
  account?: MarketAccount | undefined
  /** Limit of one request. @default 10_000 */
  timeoutMs?: number | undefined
  /** How often a request that failed is tried again. @default 3 */
  retries?: number | undefined
  /** Pause before the first retry; each further one is twice as long. @default 150 */
  retryDelayMs?: number | undefined
  /** How often receipts and logs are asked for. @default 100 on a local chain, else 2_000 */
  pollingIntervalMs?: number | undefined
  /** How long a transaction may take to be mined. @default 120_000 */
  receiptTimeoutMs?: number | undefined
  /** Ends every call of this client when aborted. */
  signal?: AbortSignal | undefined
}

/** A checked connection to one chain. */
export type ChainClient = {
  readonly rpc: PublicClient
  readonly chainId: number
  readonly account: MarketAccount | undefined
  readonly pollingIntervalMs: number
  readonly receiptTimeoutMs: number
  readonly signal: AbortSignal | undefined
  /** Orders this account's transactions. */
  readonly lane: SendLane
  /** Assets read so far, by address in small letters: symbol and decimals never change. */
  readonly assets: Map<string, MarketAsset>
  /** What this client's transactions took so far, those that reverted too. */
  readonly spent: { transactions: number; gas: bigint }
}

/** A checked connection to one market. */
export type MarketClient = ChainClient & { readonly book: AddressBook }

/**
 * Connects to a chain and makes sure that it is the right one.
 *
 * @throws {WrongChainError} @throws {RpcUnreachableError} after the retries
 *
 * @example
 * const chain = await createChainClient({ rpcUrl: 'http://127.0.0.1:8545', chainId: 31337, account })
 */
export async function createChainClient(parameters: CreateChainClientParameters): Promise<ChainClient> {
  const { rpcUrl, chainId, account, timeoutMs = 10_000, retries = 3, retryDelayMs = 150, signal } = parameters
  const pollingIntervalMs = parameters.pollingIntervalMs ?? (chainId === LOCAL_CHAIN_ID ? 100 : 2_000)
  const transport = http(rpcUrl, {
    batch: { batchSize: 100 },
    fetchFn: fetchAnswers,
    timeout: timeoutMs,
    retryCount: retries,
    retryDelay: retryDelayMs,
  })
  const rpc = createPublicClient({
    transport: signal ? endingWith(transport, signal) : transport,
    pollingInterval: pollingIntervalMs,
    // The head is always asked for: a remembered one would hide what just happened.
    cacheTime: 0,
  })
  const { receiptTimeoutMs = 120_000 } = parameters
  const lane = createSendLane()
  const kept = { lane, assets: new Map(), spent: { transactions: 0, gas: 0n } }
  const client = { rpc, chainId, account, pollingIntervalMs, receiptTimeoutMs, signal, ...kept }
  const found = await translated(client, rpc.getChainId())
  if (found !== chainId) throw new WrongChainError({ rpcUrl, expected: chainId, found })
  return client
}

/**
 * An endpoint that is asked too much says so once for all calls that were sent together. viem would look there for the answer to each, and
 * break: a refusal has to be one by its status alone.
 */
async function fetchAnswers(...asked: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...asked)
  if (response.ok) return response
  await response.body?.cancel()
  const { status, statusText } = response
  const retryAfter = response.headers.get('retry-after')
  return new Response(null, { status, statusText, headers: retryAfter === null ? {} : { 'retry-after': retryAfter } })
}

/**
 * Each request has the signal, by which viem also tells apart what it may send together: requests of two clients for one URL are
 * else one, and end with either.
 */
function endingWith(transport: HttpTransport, signal: AbortSignal): HttpTransport {
  return (config) => {
    const made = transport(config)
    const ask: (...asked: Parameters<typeof made.request>) => Promise<unknown> = (asked, options) =>
      made.request(asked, { signal, ...options })
    // CAST: what it answers is what `made` answers
    return { ...made, request: ask as typeof made.request }
  }
}

export type CreateMarketClientParameters = Omit<CreateChainClientParameters, 'chainId'> & { book: AddressBook }

/**
 * Connects to a market. Every action takes what this returns.
 *
 * @throws {WrongChainError} @throws {RpcUnreachableError} after the retries
 * @throws {NoMarketError} if there is no contract at the book's addresses
 *
 * @example
 * const market = await createMarketClient({ rpcUrl: 'http://127.0.0.1:8545', book, account: privateKeyToAccount(key) })
 */
export async function createMarketClient({ book, ...rest }: CreateMarketClientParameters): Promise<MarketClient> {
  const chain = await createChainClient({ ...rest, chainId: book.chainId })
  const { leaseEscrow, orderBook } = book.contracts
  const [escrowCode, bookCode] = await translated(
    chain,
    Promise.all([chain.rpc.getCode({ address: leaseEscrow }), chain.rpc.getCode({ address: orderBook })]),
  )
  if (!escrowCode) throw new NoMarketError('LeaseEscrow', leaseEscrow, book.chainId)
  if (!bookCode) throw new NoMarketError('OrderBook', orderBook, book.chainId)
  return { ...chain, book }
}
