/** A gateway's API over a database that is filled first, for `bench/api.ts`: prints its address and what is in it as one line of JSON. */
import { createApi, openStore, serveApi } from '@tender/gateway'
import { fillBook } from '@tender/gateway/api/sampleBook'
import { createLog, createMetrics } from '@tender/kit'
import type { Address } from 'viem'

const [leases = '1000000', orders = '10000'] = process.argv.slice(2)
const asset: Address = '0x00000000000000000000000000000000000000aa'
const contract: Address = '0x00000000000000000000000000000000000000bb'
const contracts = {
  accessManager: contract,
  stakeToken: contract,
  providerRegistry: contract,
  staking: contract,
  capacityRegistry: contract,
  leaseEscrow: contract,
  orderBook: contract,
  rewards: contract,
  eraReports: contract,
  jobs: contract,
}

const store = await openStore({ databaseUrl: process.env.DATABASE_URL, writeTimeoutMs: 30 * 60_000 })
const startedAt = performance.now()
const size = { leases: Number(leases), orders: Number(orders) }
const book = await fillBook(store, { ...size, chain: { chainId: 31_337, asset, orderBook: contract } })
const fillSeconds = (performance.now() - startedAt) / 1000
const most = Number.MAX_SAFE_INTEGER
const api = await createApi({
  store,
  // Nothing here asks a chain: what is measured reads the database.
  chain: {
    book: { chainId: 31_337, deployBlock: 1, contracts, assets: [asset] },
    asset: async (address) => ({ address, symbol: 'tUSD', name: 'Test dollar', decimals: 6 }),
    eraTiming: async () => undefined,
    signed: async () => false,
  },
  now: () => book.now,
  head: () => undefined,
  publicRpcUrl: 'http://127.0.0.1:8545',
  limits: { address: most, account: most, signIn: most, orders: most },
  metrics: createMetrics({ prefix: 'tender_gateway' }),
  log: createLog({ name: 'gateway', level: 'warn' }),
})
const server = await serveApi(api, { host: '127.0.0.1', port: 0 })
console.log(JSON.stringify({ url: server.url, book, fillSeconds }))
process.once('SIGTERM', async () => {
  await server.stop()
  await store.close()
  console.error(`peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`)
})
