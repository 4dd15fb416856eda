import { leaseEscrowAbi, testDollarAbi } from '@tender/abi'
import { createMarketClient } from '@tender/sdk'
import { type Address, type Hex, zeroAddress } from 'viem'
import { type LeaseMoney, replay } from './replay.ts'
import type { SoakedMarket } from './startMarket.ts'

/** One account of the market's money, smallest units of its asset. */
export type AccountLine = {
  address: Address
  who: string
  /** What events say that it got and gave. */
  got: bigint
  gave: bigint
  /** In the escrow, as the chain has it. */
  balance: bigint
  /** Outside of it. */
  wallet: bigint
}

/** All of the market's money at one block. */
export type Books = {
  accounts: AccountLine[]
  leases: LeaseMoney[]
  /** What the escrow has of the asset. */
  tokens: bigint
  /** What it owes: all balances and all that leases hold. */
  owes: bigint
  /** All that there is of the asset. */
  supply: bigint
  /** Sentences on what does not add up. Empty: every cent is accounted for. */
  faults: string[]
}

/** Who is known by a name. */
export type Names = ReadonlyMap<Address, string>

/** Computes from the chain's events what everybody must have, and compares it with what the contracts say. */
export async function readBooks({ rpcUrl, book }: SoakedMarket, names: Names): Promise<Books> {
  const { rpc } = await createMarketClient({ rpcUrl, book })
  const [asset = zeroAddress] = book.assets
  const blockNumber = await rpc.getBlockNumber()
  const events = await rpc.getContractEvents({
    ...{ address: book.contracts.leaseEscrow, abi: leaseEscrowAbi },
    ...{ fromBlock: BigInt(book.deployBlock), toBlock: blockNumber, strict: true },
  })
  const { moved, leases } = replay(events, {
    asset,
    rewards: book.contracts.rewards,
    jobs: book.contracts.jobs,
    orderBook: book.contracts.orderBook,
  })
  const token = { address: asset, abi: testDollarAbi, blockNumber } as const
  const escrow = { address: book.contracts.leaseEscrow, abi: leaseEscrowAbi, blockNumber } as const
  const known = new Set<Address>([...moved.keys(), ...names.keys()])
  const accounts = await Promise.all(
    [...known].map(async (address): Promise<AccountLine> => {
      const balance = await rpc.readContract({ ...escrow, functionName: 'balanceOf', args: [address, asset] })
      const wallet = await rpc.readContract({ ...token, functionName: 'balanceOf', args: [address] })
      const { got, gave } = moved.get(address) ?? { got: 0n, gave: 0n }
      return { address, who: names.get(address) ?? address, got, gave, balance, wallet }
    }),
  )
  const held = await Promise.all(
    leases.map(({ terms }) => rpc.readContract({ ...escrow, functionName: 'heldOf', args: [terms] })),
  )
  const tokens = await rpc.readContract({ ...token, functionName: 'balanceOf', args: [escrow.address] })
  const supply = await rpc.readContract({ ...token, functionName: 'totalSupply' })
  const owes = sum(accounts.map(({ balance }) => balance)) + sum(held)
  const found = { accounts, leases, tokens, owes, supply }
  return { ...found, faults: faultsOf(found, held) }
}

function faultsOf(
  { accounts, leases, tokens, owes, supply }: Omit<Books, 'faults'>,
  held: readonly bigint[],
): string[] {
  const faults: string[] = []
  for (const { who, got, gave, balance } of accounts) {
    if (got - gave !== balance) faults.push(`${who} has ${balance} in escrow and should have ${got - gave}`)
  }
  for (const [index, { lease, deposited, paid, fees, refunded, due }] of leases.entries()) {
    const there = held[index] ?? 0n
    if (deposited !== paid + fees + refunded + there)
      faults.push(`lease ${short(lease)} took ${deposited} and gave ${paid + fees + refunded}, but holds ${there}`)
    if (due !== undefined && due !== paid + fees) faults.push(`lease ${short(lease)} paid ${paid + fees} of ${due} due`)
    if (there > 0n) faults.push(`lease ${short(lease)} still holds ${there}`)
  }
  if (tokens !== owes) faults.push(`the escrow has ${tokens} and owes ${owes}`)
  const outside = supply - tokens - sum(accounts.map(({ wallet }) => wallet))
  if (outside !== 0n) faults.push(`${outside} are with nobody known`)
  return faults
}

/** True once nothing is held for any lease, and no job waits for anything. */
export async function isSettled({ rpcUrl, book }: SoakedMarket): Promise<boolean> {
  const { rpc } = await createMarketClient({ rpcUrl, book })
  const escrow = { address: book.contracts.leaseEscrow, abi: leaseEscrowAbi } as const
  const opened = await rpc.getContractEvents({
    ...{ ...escrow, eventName: 'LeaseOpened' },
    ...{ fromBlock: BigInt(book.deployBlock), strict: true },
  })
  const resolved = await Promise.all(
    opened.map(async ({ args: { lease } }) => {
      return (await rpc.readContract({ ...escrow, functionName: 'leaseOf', args: [lease] })).resolved
    }),
  )
  return resolved.every(Boolean)
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n)
}

function short(lease: Hex): string {
  return lease.slice(2, 10)
}
