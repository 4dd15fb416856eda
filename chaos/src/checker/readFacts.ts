import {
  type Address,
  createPublicClient,
  decodeFunctionData,
  erc20Abi,
  getAddress,
  type Hex,
  http,
  isHex,
  type PublicClient,
  parseEventLogs,
} from 'viem'
import {
  type ChainFacts,
  type ContractName,
  type MarketCall,
  type MarketEvent,
  type MarketPlace,
  type Moment,
  readAbis,
  type TokenMove,
} from './facts.ts'
import { inTurns } from './inTurns.ts'
import { readState } from './readState.ts'

const REQUEST_TIMEOUT_MS = 30_000

// CAST: `readAbis` has these keys and no others
const names = Object.keys(readAbis) as ContractName[]

/**
 * Reads a market from its chain: every event since its deployment, the calls behind them, and what its contracts say now. All
 * as of one block.
 *
 * @param rpcUrl the chain itself, not something that stands before it
 * @throws viem's errors if the chain does not answer, `signal`'s reason
 *
 * @example
 * const facts = await readFacts(place, chain.url, signal)
 * facts.events.length
 */
export async function readFacts(place: MarketPlace, rpcUrl: string, signal: AbortSignal): Promise<ChainFacts> {
  const rpc = createPublicClient({
    transport: http(rpcUrl, { timeout: REQUEST_TIMEOUT_MS, batch: { batchSize: 100 }, fetchOptions: { signal } }),
  })
  const { number, timestamp } = await rpc.getBlock()
  const block = Number(number)
  const logs = await rpc.getLogs({
    address: Object.values(place.contracts),
    fromBlock: BigInt(place.deployBlock),
    toBlock: number,
  })
  const times = await timesOf(
    rpc,
    logs.map((log) => Number(log.blockNumber)),
  )
  const momentOf = ({ blockNumber, logIndex, transactionHash }: Mined): Moment => ({
    block: Number(blockNumber),
    index: logIndex,
    time: times.get(Number(blockNumber)) ?? 0,
    tx: transactionHash,
  })
  const events = logs.flatMap((log) => decodeEvent(place, log, momentOf(log)))
  const calls = await readCalls(rpc, place, [...new Set(events.map(({ at }) => at.tx))])
  const moves = await readMoves(rpc, place, events, number, momentOf)
  const blockHashes = await readAnchors(rpc, events, block)
  const known = { place, last: { block, time: Number(timestamp) }, events, calls, moves, blockHashes }
  return { ...known, ...(await readState(rpc, known)) }
}

type Mined = { blockNumber: bigint; logIndex: number; transactionHash: Hex }
type RawLog = Parameters<typeof parseEventLogs>[0]['logs'][number]

function decodeEvent(place: MarketPlace, log: RawLog, at: Moment): MarketEvent[] {
  const address = getAddress(log.address)
  const contract = names.find((name) => place.contracts[name] === address)
  if (!contract) return []
  const decoded = parseEventLogs({ abi: readAbis[contract], logs: [log] })
  // CAST: of the contract's own interface, whose events `MarketEvent` lists
  return decoded.map(({ eventName, args }) => ({ contract, name: eventName, args, at }) as MarketEvent)
}

async function timesOf(rpc: PublicClient, blocks: readonly number[]): Promise<Map<number, number>> {
  const pairs = await inTurns([...new Set(blocks)], async (block): Promise<[number, number]> => {
    const { timestamp } = await rpc.getBlock({ blockNumber: BigInt(block) })
    return [block, Number(timestamp)]
  })
  return new Map(pairs)
}

async function readCalls(rpc: PublicClient, place: MarketPlace, hashes: readonly Hex[]) {
  const pairs = await inTurns(hashes, async (hash): Promise<[Hex, MarketCall[]]> => {
    const { from, to, input } = await rpc.getTransaction({ hash })
    return [hash, to === null ? [] : decodeCall(place, getAddress(from), getAddress(to), input)]
  })
  return new Map(pairs)
}

function decodeCall(place: MarketPlace, from: Address, to: Address, data: Hex): MarketCall[] {
  const contract = names.find((name) => place.contracts[name] === to)
  if (!contract) return []
  try {
    const { functionName, args } = decodeFunctionData({ abi: readAbis[contract], data })
    if (functionName === 'multicall' && Array.isArray(args[0])) {
      return args[0].flatMap((inner) => (isHex(inner) ? decodeCall(place, from, to, inner) : []))
    }
    // CAST: of the contract's own interface, whose functions `MarketCall` lists
    return [{ contract, name: functionName, args, from } as MarketCall]
  } catch {
    return [] // no function of the contract: it reverted, or its fallback took it
  }
}

/** Tokens of the escrow and of the stake, in and out. */
async function readMoves(
  rpc: PublicClient,
  { contracts }: MarketPlace,
  events: readonly MarketEvent[],
  toBlock: bigint,
  momentOf: (log: Mined) => Moment,
): Promise<TokenMove[]> {
  const assets = events.flatMap((event) => (event.name === 'AssetChanged' ? [event.args.asset] : []))
  const tokens = [...new Set([...assets, contracts.stakeToken])]
  const fromBlock = 0n
  const all = await inTurns(tokens, (address) => rpc.getLogs({ address, fromBlock, toBlock }))
  const ours = new Set<Address>([contracts.leaseEscrow, contracts.staking])
  return all
    .flat()
    .flatMap((log) =>
      parseEventLogs({ abi: erc20Abi, logs: [log], eventName: 'Transfer' }).map(({ args }) => ({
        ...{ token: getAddress(log.address), from: args.from, to: args.to, amount: args.value },
        at: momentOf(log),
      })),
    )
    .filter(({ from, to }) => ours.has(from) || ours.has(to))
}

/** Of every block that a draw was anchored to and that is there by now. */
async function readAnchors(rpc: PublicClient, events: readonly MarketEvent[], last: number): Promise<Map<number, Hex>> {
  const anchors = events.flatMap((event) =>
    event.contract === 'jobs' && 'anchor' in event.args && event.args.anchor <= last ? [event.args.anchor] : [],
  )
  const pairs = await inTurns([...new Set(anchors)], async (anchor): Promise<[number, Hex]> => {
    const { hash } = await rpc.getBlock({ blockNumber: BigInt(anchor) })
    return [anchor, hash]
  })
  return new Map(pairs)
}
