import { createWalletClient, type Hex, http, toHex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deposit } from './actions/deposit.ts'
import { depositWithPermit } from './actions/depositWithPermit.ts'
import { getBalance } from './actions/getBalance.ts'
import { hasPermit } from './actions/hasPermit.ts'
import { mintTestDollars } from './actions/mintTestDollars.ts'
import { createMarketClient, type SendingAccount } from './createMarketClient.ts'
import { startTestMarket, type TestMarket, testAccount } from './testMarket.ts'

let market: TestMarket
beforeAll(async () => {
  market = await startTestMarket()
})
afterAll(() => market.stop())

/** A wallet as a page meets it: the node itself holds the keys of its first accounts, and sends for them. */
function wallet(sent: Hex[]): SendingAccount {
  const { address, signTypedData } = testAccount(3)
  return {
    address,
    signTypedData,
    async sendTransaction({ to, data, gas }) {
      const client = createWalletClient({ account: address, transport: http(market.chain.url) })
      const transaction = { from: address, data, gas: toHex(gas), ...(to && { to }) }
      const hash = await client.request({ method: 'eth_sendTransaction', params: [transaction] })
      sent.push(hash)
      return hash
    },
  }
}

test('an account that sends by itself, like a wallet, does all that one with its key does', async () => {
  const sent: Hex[] = []
  const client = await createMarketClient({ rpcUrl: market.chain.url, book: market.book, account: wallet(sent) })
  const { address } = testAccount(3)
  await mintTestDollars(client, { asset: market.dollar, amount: 9_000_000n, to: address })
  const { transaction } = await deposit(client, { asset: market.dollar, amount: 2_000_000n })
  await depositWithPermit(client, { asset: market.dollar, amount: 3_000_000n })
  expect(sent).toContain(transaction)
  expect(await getBalance(client, { account: address, asset: market.dollar })).toMatchObject({ deposited: 5_000_000n })
})

test('what a contract refuses never reaches the wallet', async () => {
  const sent: Hex[] = []
  const client = await createMarketClient({ rpcUrl: market.chain.url, book: market.book, account: wallet(sent) })
  const depositing = deposit(client, { asset: market.dollar, amount: 10n ** 18n })
  await expect(depositing).rejects.toMatchObject({ code: 'eRC20InsufficientBalance' })
  // Approving is all that was sent.
  expect(sent.length).toBeLessThanOrEqual(1)
})

test('a token with permits is told from a contract without', async () => {
  const client = await market.client(3)
  expect(await hasPermit(client, { asset: market.dollar })).toBe(true)
  expect(await hasPermit(client, { asset: market.book.contracts.leaseEscrow })).toBe(false)
})
