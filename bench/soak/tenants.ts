import { join } from 'node:path'
import { governorKey, openTenantRecords } from '@tender/cli'
import { parseAmount } from '@tender/protocol'
import { createMarketClient, deposit, getAsset, type MarketClient, mintTestDollars, sendGasMoney } from '@tender/sdk'
import type { TenantRecords } from '@tender/tenant'
import { parseEther } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import type { SoakedMarket } from './startMarket.ts'

/** An account that rents, with money, and where it keeps its records. */
export type SoakTenant = { name: string; market: MarketClient; records: TenantRecords; directory: string }

/** Years of transactions on a local chain. */
const GAS_MONEY = parseEther('100')
/** Far more than is spent in hours. */
const DOLLARS = '1000 USDC'

/** Makes so many tenants, with wallets of their own. */
export async function fundTenants(
  { rpcUrl, book }: SoakedMarket,
  { count, directory }: { count: number; directory: string },
): Promise<SoakTenant[]> {
  const governor = await createMarketClient({ rpcUrl, book, account: privateKeyToAccount(governorKey) })
  const [token = '0x'] = book.assets
  const amount = parseAmount(DOLLARS, await getAsset(governor, { asset: token }))
  const tenants: SoakTenant[] = []
  for (let index = 1; index <= count; index++) {
    const account = privateKeyToAccount(generatePrivateKey())
    const market = await createMarketClient({ rpcUrl, book, account })
    await sendGasMoney(governor, { to: account.address, amount: GAS_MONEY })
    await mintTestDollars(governor, { asset: token, to: account.address, amount })
    await deposit(market, { asset: token, amount })
    const own = join(directory, `tenant ${index}`)
    tenants.push({ name: `tenant ${index}`, market, records: await openTenantRecords(own), directory: own })
  }
  return tenants
}
