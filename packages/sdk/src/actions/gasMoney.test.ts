import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestMarket, type TestMarket, testAccount } from '../testMarket.ts'
import { getGasMoney } from './getGasMoney.ts'
import { sendGasMoney } from './sendGasMoney.ts'

let market: TestMarket
beforeAll(async () => {
  market = await startTestMarket()
})
afterAll(() => market.stop())

test('the coin for fees is given to an account that has none', async () => {
  const account = testAccount(42).address
  const client = await market.client(1)
  const { balance, price } = await getGasMoney(client, { account })
  expect(balance).toBe(0n)
  expect(price).toBeGreaterThan(0n)
  await sendGasMoney(client, { to: account, amount: 5_000_000n * price })
  expect((await getGasMoney(client, { account })).balance).toBe(5_000_000n * price)
})

test('nobody can give more than there is', async () => {
  const client = await market.client(2)
  const to = testAccount(43).address
  const { balance } = await getGasMoney(client, { account: testAccount(2).address })
  await expect(sendGasMoney(client, { to, amount: balance + 1n })).rejects.toMatchObject({
    code: 'gasMoneyMissing',
    class: 'funds',
  })
})
