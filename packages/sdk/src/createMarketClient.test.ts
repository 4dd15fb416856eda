import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { inspect } from 'node:util'
import { TenderError } from '@tender/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deposit } from './actions/deposit.ts'
import { depositWithPermit } from './actions/depositWithPermit.ts'
import { getAssets } from './actions/getAssets.ts'
import { getBalance } from './actions/getBalance.ts'
import { getBalances } from './actions/getBalances.ts'
import { getPolicy } from './actions/getPolicy.ts'
import { mintTestDollars } from './actions/mintTestDollars.ts'
import { withdraw } from './actions/withdraw.ts'
import { parseAddressBook } from './addressBook.ts'
import { createMarketClient } from './createMarketClient.ts'
import { startTestMarket, type TestMarket, testAccount } from './testMarket.ts'

let market: TestMarket
beforeAll(async () => {
  market = await startTestMarket()
})
afterAll(() => market.stop())

/** A port where nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

test('the address book survives JSON, and a broken one is refused', () => {
  expect(parseAddressBook(JSON.parse(JSON.stringify(market.book)))).toEqual(market.book)
  expect(() => parseAddressBook({ ...market.book, chainId: 'x', more: 1 })).toThrow(/chainId/)
})

test('a deployment sets what it was asked to', async () => {
  expect(await getPolicy(market.governor)).toMatchObject({
    feeBps: 100,
    unbondingDelaySeconds: 3600,
    finalGraceSeconds: 9000,
    tenantStake: 0n,
  })
  expect(await getAssets(market.governor)).toMatchObject([{ symbol: 'USDC', decimals: 6, address: market.dollar }])
})

test('another chain is refused with both ids', async () => {
  const connecting = createMarketClient({ rpcUrl: market.chain.url, book: { ...market.book, chainId: 1 } })
  await expect(connecting).rejects.toMatchObject({ code: 'wrongChain', class: 'user', expected: 1, found: 31_337 })
})

test('a book of another deployment is refused', async () => {
  const contracts = { ...market.book.contracts, orderBook: testAccount(9).address }
  const connecting = createMarketClient({ rpcUrl: market.chain.url, book: { ...market.book, contracts } })
  await expect(connecting).rejects.toMatchObject({ code: 'noMarket', class: 'notFound' })
})

test("an endpoint's key is in no error, nor in what caused it", async () => {
  const refusing = createHttpServer((_, response) => response.writeHead(401).end('no')).listen(0, '127.0.0.1')
  await once(refusing, 'listening')
  const address = refusing.address()
  const ports = [await freePort(), typeof address === 'object' && address ? address.port : 0]
  for (const port of ports) {
    const rpcUrl = `http://127.0.0.1:${port}/v3/c0ffee?token=decaf`
    const failure = await createMarketClient({ rpcUrl, book: market.book, retries: 0 }).catch((error) => error)
    expect(failure).toBeInstanceOf(TenderError)
    const told = inspect(failure, { depth: 10, showHidden: true })
    expect(told).toContain(`127.0.0.1:${port}`)
    expect(told).not.toMatch(/c0ffee|decaf/)
  }
  refusing.close()
})

test('an endpoint that is down is tried again so often, then named', async () => {
  const rpcUrl = `http://127.0.0.1:${await freePort()}`
  const started = performance.now()
  const connecting = createMarketClient({ rpcUrl, book: market.book, retries: 2, retryDelayMs: 50 })
  await expect(connecting).rejects.toMatchObject({ code: 'rpcUnreachable', class: 'network', data: { origin: rpcUrl } })
  // Pauses of 50 and 100 ms lie between three tries.
  expect(performance.now() - started).toBeGreaterThan(140)
})

test('an abort ends what the client waits for', async () => {
  const aborting = new AbortController()
  const { signal } = aborting
  const client = await createMarketClient({ rpcUrl: market.chain.url, book: market.book, signal })
  aborting.abort()
  await expect(getPolicy(client)).rejects.toMatchObject({ name: 'AbortError' })
})

test('an abort ends nothing of another client for the same endpoint', async () => {
  const aborting = new AbortController()
  const [rpcUrl, book] = [market.chain.url, market.book]
  const ending = await createMarketClient({ rpcUrl, book, signal: aborting.signal })
  const lasting = await createMarketClient({ rpcUrl, book, signal: new AbortController().signal })
  const asked = Promise.allSettled([ending, lasting, market.governor].map((client) => getPolicy(client)))
  setTimeout(() => aborting.abort(), 0) // when the requests of this turn have just been sent
  const [, ...others] = await asked
  expect(others.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
})

test('a client without account says that it only reads', async () => {
  const client = await createMarketClient({ rpcUrl: market.chain.url, book: market.book })
  const sending = withdraw(client, { asset: market.dollar, amount: 1n, to: testAccount(1).address })
  await expect(sending).rejects.toMatchObject({ code: 'accountMissing' })
})

test('money goes in, with and without permit, and out', async () => {
  const client = await market.client(1)
  const { address } = testAccount(1)
  const asset = market.dollar
  await mintTestDollars(client, { asset, to: address, amount: 5_000_000n })
  expect(await deposit(client, { asset, amount: 1_000_000n })).toMatchObject({ received: 1_000_000n })
  expect(await depositWithPermit(client, { asset, amount: 2_000_000n })).toMatchObject({ received: 2_000_000n })
  await withdraw(client, { asset, amount: 500_000n })
  expect(await getBalance(client, { account: address, asset })).toEqual({ deposited: 2_500_000n, wallet: 2_500_000n })
  expect(await getBalances(client, { account: address })).toMatchObject([
    { deposited: 2_500_000n, asset: { decimals: 6 } },
  ])
})

test('a refusal says what is missing in the asset’s own units', async () => {
  const client = await market.client(2)
  const taking = withdraw(client, { asset: market.dollar, amount: 1_500_000n })
  await expect(taking).rejects.toMatchObject({
    code: 'insufficientBalance',
    class: 'funds',
    message: `${testAccount(2).address} has 0 USDC in escrow, but this needs 1.5 USDC`,
    hint: 'Deposit 1.5 USDC more.',
    data: { asked: 1_500_000n, available: 0n, missing: 1_500_000n },
  })
})

test('an account without coin is told so', async () => {
  const client = await market.client(3)
  await market.cheat('anvil_setBalance', [testAccount(3).address, '0x0'])
  const minting = mintTestDollars(client, { asset: market.dollar, to: testAccount(3).address, amount: 1n })
  await expect(minting).rejects.toMatchObject({ code: 'gasMoneyMissing', class: 'funds' })
})

test('concurrent transactions of one client all arrive, also around one that is refused', async () => {
  const client = await market.client(4)
  const { address } = testAccount(4)
  const mint = () => mintTestDollars(client, { asset: market.dollar, to: address, amount: 1n })
  const refused = withdraw(client, { asset: market.dollar, amount: 1n })
  const sent = await Promise.allSettled([mint(), mint(), refused, ...Array.from({ length: 17 }, mint)])
  expect(sent.filter(({ status }) => status === 'rejected')).toHaveLength(1)
  await expect(refused).rejects.toMatchObject({ code: 'insufficientBalance' })
  expect((await getBalance(client, { account: address, asset: market.dollar })).wallet).toBe(19n)
})

test('what is refused only when it is mined is told like what is refused before', async () => {
  const client = await market.client(5)
  const { address } = testAccount(5)
  const asset = market.dollar
  await mintTestDollars(client, { asset, to: address, amount: 10n })
  await deposit(client, { asset, amount: 10n })
  await market.cheat('evm_setAutomine', [false])
  try {
    // Each passes its estimate alone; in one block the second finds nothing left.
    const both = Promise.allSettled([1, 2].map(() => withdraw(client, { asset, amount: 10n })))
    await expect.poll(() => market.cheat('txpool_status', []), { timeout: 10_000 }).toMatchObject({ pending: '0x2' })
    await market.cheat('evm_mine', [])
    const [won, lost] = await both
    expect(won).toMatchObject({ status: 'fulfilled' })
    expect(lost).toMatchObject({ status: 'rejected', reason: { code: 'insufficientBalance', data: { missing: 10n } } })
  } finally {
    await market.cheat('evm_setAutomine', [true])
  }
})

test('a transaction that is not mined in time is named', async () => {
  const account = testAccount(6)
  const rpcUrl = market.chain.url
  const client = await createMarketClient({ rpcUrl, book: market.book, account, receiptTimeoutMs: 200 })
  await market.cheat('evm_setAutomine', [false])
  try {
    const minting = mintTestDollars(client, { asset: market.dollar, to: account.address, amount: 1n })
    await expect(minting).rejects.toMatchObject({ code: 'receiptTimeout', class: 'network', data: { limitMs: 200 } })
  } finally {
    await market.cheat('evm_setAutomine', [true])
  }
})
