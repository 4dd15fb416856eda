import { formatAmount } from '@tender/protocol'
import { getBalances, getLease, type MarketAsset, type MarketClient } from '@tender/sdk'
import { ifKnown, type TenantLease } from '@tender/tenant'
import type { Address } from 'viem'
import { printTable } from '../cli/table.ts'
import { defineCommand } from '../command.ts'
import { marketDirectory } from '../home/home.ts'
import { findAccount, openMarket } from '../openMarket.ts'
import { openTenantRecords } from '../tenant/fileRecords.ts'

export const balanceCommand = defineCommand({
  description:
    'Shows what an account has: free in escrow to lease with, held by its leases, and in its wallet. Asks for no password.',
  examples: ['tender balance', 'tender balance --account savings', 'tender balance --json'],
  async run(context) {
    const { name: market, profile, market: client } = await openMarket(context)
    const account = await findAccount(context, profile.account)
    const { leases } = await openTenantRecords(marketDirectory(context.home, market))
    const mine = (await leases.all()).filter(({ terms }) => terms.tenant === account.address)
    const balances = await getBalances(client, { account: account.address })
    const held = await Promise.all(balances.map(({ asset }) => heldBy(client, mine, asset.address)))
    return {
      market,
      account: account.name,
      address: account.address,
      balances: balances.map((balance, index) => ({ ...balance, held: held[index] ?? 0n })),
    }
  },
  print({ market, account, address, balances }, out) {
    out.line(`account ${out.paint('bold', account)} ${address} on market ${market}`)
    printTable(out, ['ASSET', 'FREE IN ESCROW', 'HELD BY LEASES', 'IN THE WALLET'], balances.map(balanceRow))
  },
})

function balanceRow(balance: { asset: MarketAsset; deposited: bigint; held: bigint; wallet: bigint }): string[] {
  const { asset, deposited, held, wallet } = balance
  return [asset.symbol, formatAmount(deposited, asset), formatAmount(held, asset), formatAmount(wallet, asset)]
}

async function heldBy(market: MarketClient, leases: readonly TenantLease[], asset: Address): Promise<bigint> {
  const known = await Promise.all(
    leases.filter(({ terms }) => terms.asset === asset).map(({ terms }) => ifKnown(getLease(market, { lease: terms }))),
  )
  return known.reduce((sum, lease) => sum + (lease?.held ?? 0n), 0n)
}
