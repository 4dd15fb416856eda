import { createServer, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { getBalance } from './actions/getBalance.ts'
import { mintTestDollars } from './actions/mintTestDollars.ts'
import { createMarketClient } from './createMarketClient.ts'
import { startTestMarket, type TestMarket, testAccount } from './testMarket.ts'

/** What the endpoint in between does to a request: pass it on, refuse it, also by one error for all, or pass it on and lose the answer. */
type Fault = 'none' | 'refuse' | 'limit' | 'lose'

let market: TestMarket
let server: Server
let rpcUrl: string
let faultOf: (body: string) => Fault = () => 'none'

beforeAll(async () => {
  market = await startTestMarket()
  server = createServer(async (request, response) => forward(await text(request), response)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  rpcUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await market.stop()
})

async function forward(body: string, response: ServerResponse): Promise<void> {
  const fault = faultOf(body)
  if (fault === 'refuse') return void response.writeHead(503).end()
  if (fault === 'limit') {
    const error = { code: -32005, message: 'too many requests' }
    return void response
      .writeHead(429, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id: null, error }))
  }
  const answer = await fetch(market.chain.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  if (fault === 'lose') return void response.destroy()
  response.writeHead(200, { 'content-type': 'application/json' }).end(await answer.text())
}

/** Fails the first `times` requests that mention `method`. */
function failing(method: string, times: number, fault: Fault): (body: string) => Fault {
  let left = times
  return (body) => (body.includes(method) && left-- > 0 ? fault : 'none')
}

test('an endpoint that refuses twice is asked a third time', async () => {
  const client = await createMarketClient({ rpcUrl, book: market.book, retryDelayMs: 10 })
  faultOf = failing('eth_call', 2, 'refuse')
  const { wallet } = await getBalance(client, { account: testAccount(1).address, asset: market.dollar })
  expect(wallet).toBe(0n)
})

test('an endpoint that refuses several calls by one error does not answer', async () => {
  const asset = market.dollar
  const patient = await createMarketClient({ rpcUrl, book: market.book, retryDelayMs: 10 })
  faultOf = failing('eth_call', 1, 'limit')
  const both = [1, 2].map((index) => getBalance(patient, { account: testAccount(index).address, asset }))
  expect((await Promise.all(both)).map(({ wallet }) => wallet)).toEqual([0n, 0n])
  const client = await createMarketClient({ rpcUrl, book: market.book, retries: 0 })
  faultOf = failing('eth_call', 1, 'limit')
  const asked = getBalance(client, { account: testAccount(1).address, asset })
  await expect(asked).rejects.toMatchObject({ code: 'rpcUnreachable', class: 'network' })
})

test('a transaction whose acceptance got lost is sent once', async () => {
  const account = testAccount(2)
  const client = await createMarketClient({ rpcUrl, book: market.book, account, retryDelayMs: 10 })
  faultOf = failing('eth_sendRawTransaction', 1, 'lose')
  await mintTestDollars(client, { asset: market.dollar, to: account.address, amount: 4n })
  await mintTestDollars(client, { asset: market.dollar, to: account.address, amount: 3n })
  expect((await getBalance(client, { account: account.address, asset: market.dollar })).wallet).toBe(7n)
})

test('a transaction that was never accepted leaves no gap for the next', async () => {
  const account = testAccount(3)
  const client = await createMarketClient({ rpcUrl, book: market.book, account, retries: 0 })
  faultOf = failing('eth_sendRawTransaction', 1, 'refuse')
  const mint = () => mintTestDollars(client, { asset: market.dollar, to: account.address, amount: 1n })
  await expect(mint()).rejects.toMatchObject({ code: 'rpcUnreachable', class: 'network' })
  await mint()
  expect((await getBalance(client, { account: account.address, asset: market.dollar })).wallet).toBe(1n)
})
