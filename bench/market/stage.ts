import { addProvider, addTenant, startTestMarket, type TestMarket, testAccount } from '@tender/sdk/testMarket'
import { bytesToHex, type Hex, numberToHex, parseEther, parseUnits } from 'viem'

/** A chain of its own with the contracts, providers registered on it, and tenants with money. */
export type Stage = {
  market: TestMarket
  /** With each a provider can be started. */
  operatorKeys: Hex[]
  /** Tenants' accounts on the chain, see `TestMarket.client`. */
  tenantAccounts: number[]
}

export type StageSize = { providers: number; tenants: number; unitsOfEach: number }

type Cleanups = (() => unknown)[]

/** The chain's governor is number 0. */
const FIRST_ACCOUNT = 1
/** Each waits for its transactions most of the time. */
const AT_ONCE = 25
/** As the embedded market has it: a block costs every provider some work, also one in which nothing happened. */
const HEARTBEAT_SECONDS = 2

/** @param cleanups gets what stops it */
export async function startStage({ providers, tenants, unitsOfEach }: StageSize, cleanups: Cleanups): Promise<Stage> {
  const market = await startTestMarket({ heartbeatSeconds: HEARTBEAT_SECONDS })
  cleanups.push(market.stop)
  const owners = Array.from({ length: providers }, (_, index) => FIRST_ACCOUNT + 2 * index)
  const firstTenant = FIRST_ACCOUNT + 2 * providers
  const tenantAccounts = Array.from({ length: tenants }, (_, index) => firstTenant + index)
  await inGroups(owners, async (first) => {
    await giveGas(market, first)
    await giveGas(market, first + 1)
    await addProvider(market, { first, units: unitsOfEach })
  })
  await inGroups(tenantAccounts, async (account) => {
    await giveGas(market, account)
    await addTenant(market, { account, amount: parseUnits('1000', 6) })
  })
  return { market, operatorKeys: owners.map((first) => keyOf(first + 1)), tenantAccounts }
}

async function giveGas(market: TestMarket, account: number): Promise<void> {
  await market.cheat('anvil_setBalance', [testAccount(account).address, numberToHex(parseEther('100'))])
}

function keyOf(account: number): Hex {
  const { privateKey } = testAccount(account).getHdKey()
  if (!privateKey) throw new Error('a mnemonic gives private keys')
  return bytesToHex(privateKey)
}

/** A few at once, not all: a chain under hundreds of requests answers none of them in time. The first `alone` one after the other. */
export async function inGroups<Item>(
  items: readonly Item[],
  act: (item: Item, index: number) => Promise<unknown>,
  { atOnce = AT_ONCE, alone = 0 }: { atOnce?: number; alone?: number } = {},
) {
  const left = [...items.entries()]
  for (const [index, item] of left.splice(0, alone)) await act(item, index)
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) await act(next[1], next[0])
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
