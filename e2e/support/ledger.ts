import { leaseEscrowAbi } from '@tender/abi'
import { type ProviderRole, type TenantLease, tenantKey } from '@tender/cli'
import { owed } from '@tender/protocol'
import type { MarketClient } from '@tender/sdk'
import { type Address, erc20Abi, type Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

/** Who has what of the market's asset in its escrow, smallest units, as of one block. */
export type Ledger = {
  /** What the escrow really has. */
  tokens: bigint
  tenant: bigint
  /** Of each provider's owner, by the provider's name. */
  earned: Readonly<Record<string, bigint>>
  /** Of the wallet that rewards are paid from: the market's fees. */
  fees: bigint
  /** For each lease what is held and what was paid, the market's fee included. */
  leases: ReadonlyMap<Hex, { held: bigint; paid: bigint; secondsPaid: number; resolved: boolean }>
  /** All of it together: what the escrow owes. */
  owes: bigint
}

type LedgerOptions = {
  leases: readonly TenantLease[]
  providers: readonly ProviderRole[]
  /** @default the newest */
  block?: bigint | undefined
}

export async function readLedger(market: MarketClient, { leases, providers, block }: LedgerOptions): Promise<Ledger> {
  const { rpc, book } = market
  const { leaseEscrow, rewards, orderBook } = book.contracts
  const asset = book.assets[0] ?? '0x'
  const blockNumber = block ?? (await rpc.getBlockNumber())
  const escrow = { address: leaseEscrow, abi: leaseEscrowAbi, blockNumber } as const
  const balance = (account: Address) =>
    rpc.readContract({ ...escrow, functionName: 'balanceOf', args: [account, asset] })
  const tokens = await rpc.readContract({
    ...{ address: asset, abi: erc20Abi, blockNumber },
    ...{ functionName: 'balanceOf', args: [leaseEscrow] },
  })
  const [tenant, fees, reserved] = [
    await balance(privateKeyToAccount(tenantKey).address),
    await balance(rewards),
    await balance(orderBook),
  ]
  const earned = await Promise.all(
    providers.map(async ({ name, ownerKey }) => [name, await balance(privateKeyToAccount(ownerKey).address)] as const),
  )
  const states = await Promise.all(
    leases.map(async ({ leaseId, terms }) => {
      const held = await rpc.readContract({ ...escrow, functionName: 'heldOf', args: [terms] })
      const { secondsPaid, resolved } = await rpc.readContract({ ...escrow, functionName: 'leaseOf', args: [leaseId] })
      return [leaseId, { held, paid: owed(terms.rate, secondsPaid), secondsPaid, resolved }] as const
    }),
  )
  const all = [tenant, fees, reserved, ...earned.map(([, amount]) => amount), ...states.map(([, { held }]) => held)]
  return {
    tokens,
    tenant,
    fees,
    earned: Object.fromEntries(earned),
    leases: new Map(states),
    owes: all.reduce((sum, amount) => sum + amount, 0n),
  }
}
