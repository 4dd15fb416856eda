import { capacityRegistryAbi, eraReportsAbi, jobsAbi, leaseEscrowAbi, stakingAbi } from '@tender/abi'
import { type Address, erc20Abi, type Hex, isAddress, type PublicClient } from 'viem'
import type { ChainFacts, MarketEvent, Rules, State, Terms } from './facts.ts'
import { inTurns } from './inTurns.ts'

type Known = Pick<ChainFacts, 'place' | 'last' | 'events'>

/** What the market's contracts say that they have, as of the last block. */
export async function readState(rpc: PublicClient, known: Known): Promise<{ rules: Rules; state: State }> {
  const { contracts } = known.place
  const blockNumber = BigInt(known.last.block)
  const escrow = { address: contracts.leaseEscrow, abi: leaseEscrowAbi, blockNumber } as const
  const tokens = tokensOf(known.events)
  const tokensIn = (address: Address, account: Address) =>
    rpc.readContract({ address, abi: erc20Abi, blockNumber, functionName: 'balanceOf', args: [account] })
  const pairs = accountsOf(known).flatMap((account) => tokens.map((token): [Address, Address] => [account, token]))
  return {
    rules: await readRules(rpc, known),
    state: {
      tokens: await mapOf(
        tokens,
        (token) => token,
        (token) => tokensIn(token, contracts.leaseEscrow),
      ),
      balances: await mapOf(
        pairs,
        ([account, token]) => `${account}/${token}`,
        (args) => rpc.readContract({ ...escrow, functionName: 'balanceOf', args }),
      ),
      leases: await mapOf(
        leasesOf(known.events),
        ({ lease }) => lease,
        async ({ lease, terms }) => ({
          state: await rpc.readContract({ ...escrow, functionName: 'leaseOf', args: [lease] }),
          held: await rpc.readContract({ ...escrow, functionName: 'heldOf', args: [terms] }),
        }),
      ),
      staked: await tokensIn(contracts.stakeToken, contracts.staking),
      ...(await readJobsAndCapacity(rpc, known)),
      ...(await readStake(rpc, known)),
    },
  }
}

async function readRules(rpc: PublicClient, { place, last }: Known): Promise<Rules> {
  const { eraReports, jobs, leaseEscrow } = place.contracts
  const blockNumber = BigInt(last.block)
  const reports = { address: eraReports, abi: eraReportsAbi, blockNumber } as const
  const { eraSeconds } = await rpc.readContract({ ...reports, functionName: 'timing' })
  return {
    eraSeconds,
    genesis: await rpc.readContract({ ...reports, functionName: 'genesis' }),
    jobs: await rpc.readContract({ address: jobs, abi: jobsAbi, blockNumber, functionName: 'timing' }),
    finalGrace: await rpc.readContract({
      ...{ address: leaseEscrow, abi: leaseEscrowAbi, blockNumber },
      functionName: 'finalGrace',
    }),
  }
}

async function readJobsAndCapacity(rpc: PublicClient, { place, last, events }: Known) {
  const blockNumber = BigInt(last.block)
  const jobs = { address: place.contracts.jobs, abi: jobsAbi, blockNumber } as const
  const capacity = { address: place.contracts.capacityRegistry, abi: capacityRegistryAbi, blockNumber } as const
  const committed = events.flatMap((event) =>
    event.name === 'Committed' ? [`${event.args.provider}/${event.args.resource}`] : [],
  )
  const jobLeases = leasesOf(events).filter(({ terms }) => terms.kind === 1)
  return {
    jobs: await mapOf(
      jobLeases,
      ({ lease }) => lease,
      ({ lease }) => rpc.readContract({ ...jobs, functionName: 'jobOf', args: [lease] }),
    ),
    capacity: await mapOf(
      [...new Set(committed)],
      (key) => key,
      (key) => {
        const [provider = '', resource = ''] = key.split('/')
        // CAST: written so just above
        return rpc.readContract({
          ...capacity,
          functionName: 'commitmentOf',
          args: [BigInt(provider), resource as Hex],
        })
      },
    ),
  }
}

async function readStake(rpc: PublicClient, { place, last, events }: Known) {
  const staking = { address: place.contracts.staking, abi: stakingAbi, blockNumber: BigInt(last.block) } as const
  const pools = [...new Set(events.flatMap((event) => ('pool' in event.args ? [event.args.pool] : [])))]
  const holders = events.flatMap((event): [bigint, Address][] =>
    event.name === 'Staked' ? [[event.args.pool, event.args.account]] : [],
  )
  return {
    pools: await mapOf(
      pools,
      (pool) => pool,
      (pool) => rpc.readContract({ ...staking, functionName: 'poolOf', args: [pool] }),
    ),
    shares: await mapOf(
      holders,
      ([pool, account]) => `${pool}/${account}`,
      (args) => rpc.readContract({ ...staking, functionName: 'sharesOf', args }),
    ),
    claimable: await mapOf(
      accountsOf({ place, last, events }),
      (account) => account,
      (account) => rpc.readContract({ ...staking, functionName: 'claimable', args: [account] }),
    ),
  }
}

function tokensOf(events: readonly MarketEvent[]): Address[] {
  return [...new Set(events.flatMap((event) => (event.name === 'AssetChanged' ? [event.args.asset] : [])))]
}

function leasesOf(events: readonly MarketEvent[]): { lease: Hex; terms: Terms }[] {
  return events.flatMap((event) => (event.name === 'LeaseOpened' ? [event.args] : []))
}

/** Everybody whom any event names, and the contracts themselves. */
function accountsOf({ place, events }: Known): Address[] {
  const named = events.flatMap((event) => addressesIn(event.args))
  return [...new Set([...named, ...Object.values(place.contracts)])]
}

function addressesIn(value: unknown): Address[] {
  if (typeof value === 'string') return isAddress(value) ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(addressesIn)
}

async function mapOf<Item, Key, Value>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
  read: (item: Item) => Promise<Value>,
): Promise<Map<Key, Value>> {
  const distinct = [...new Map(items.map((item) => [keyOf(item), item]))]
  return new Map(await inTurns(distinct, async ([key, item]): Promise<[Key, Value]> => [key, await read(item)]))
}
