import { createLog, createMetrics } from '@tender/kit'
import { createMarketClient } from '@tender/sdk'
import type { TestMarket } from '@tender/sdk/testMarket'
import { afterAll } from 'vitest'
import type { Store } from '../store/openStore.ts'
import { createApiChain } from './apiChain.ts'
import type { ApiOptions } from './apiOptions.ts'
import { createApi } from './createApi.ts'
import { fillBook, type SampleBook } from './sampleBook.ts'
import { type ApiServer, serveApi } from './serveApi.ts'

/** Limits that a test does not come near to, unless it is about them. */
const wide = { address: 1e6, account: 1e6, signIn: 1e6, orders: 1e6 }

/** An API that is really served, over a real database and a real chain. */
export type TestApi = ApiServer & {
  store: Store
  get(path: string, headers?: Record<string, string>): Promise<Response>
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
}

/** Serves an API until the suite is over. */
export function startsTestApis(market: () => TestMarket) {
  const servers: ApiServer[] = []
  afterAll(() => Promise.all(servers.map((server) => server.stop())))
  return async (store: Store, options: Partial<ApiOptions> = {}): Promise<TestApi> => {
    const { chain, book } = market()
    const client = await createMarketClient({ rpcUrl: chain.url, book })
    const api = await createApi({
      store,
      chain: createApiChain(client),
      now: () => Math.floor(Date.now() / 1000),
      head: () => ({ block: 0, timestamp: 0 }),
      publicRpcUrl: chain.url,
      metrics: createMetrics({ prefix: 'tender_gateway' }),
      log: createLog({ name: 'gateway', level: 'error' }),
      ...options,
      limits: { ...wide, ...options.limits },
    })
    const server = await serveApi(api, { host: '127.0.0.1', port: 0, network: options.network })
    servers.push(server)
    return {
      ...server,
      store,
      get: (path, headers = {}) => fetch(`${server.url}${path}`, { headers }),
      post: (path, body, headers = {}) =>
        fetch(`${server.url}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
    }
  }
}

/** A filled database, and an API whose clock is the book's. */
export async function filled(
  start: ReturnType<typeof startsTestApis>,
  { store, market, ...size }: { store: Store; market: TestMarket; leases?: number; orders?: number },
  options: Partial<ApiOptions> = {},
): Promise<TestApi & { book: SampleBook }> {
  const { book: addresses, dollar } = market
  const { leases = 2_000, orders = 300 } = size
  const chain = { chainId: addresses.chainId, asset: dollar, orderBook: addresses.contracts.orderBook }
  const book = await fillBook(store, { leases, orders, chain })
  const api = await start(store, {
    now: () => book.now,
    head: () => ({ block: leases * 4, timestamp: book.now }),
    ...options,
  })
  return { ...api, book }
}
