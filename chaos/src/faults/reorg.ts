import { leaseEscrowAbi } from '@tender/abi'
import { createPublicClient, type Hex, http } from 'viem'
import type { Fault } from '../fault.ts'
import type { World } from '../world/world.ts'

const TIMEOUT_MS = 20_000
/** Deeper than what daemons take for settled anywhere would be no fault, but another chain. */
const MOST_DEPTH = 4

/** The chain's last blocks are taken back and made anew, without what was in them: their transactions are lost. */
export const reorg: Fault = {
  name: 'reorg',
  hits: ['chain'],
  async inject(world, random, signal) {
    const depth = random.integer(1, MOST_DEPTH)
    const lost = await lastLeases(world, depth)
    await callChain(world.chainUrl, 'anvil_reorg', [depth, []], signal)
    const at = Date.now()
    world.takenBack.push(...lost.map((lease) => ({ lease, at })))
    // Nothing is to be undone: the new blocks are the chain.
    return async () => {}
  },
}

/** Leases that were opened in the last blocks. */
async function lastLeases({ chainUrl, book }: World, blocks: number): Promise<Hex[]> {
  const chain = createPublicClient({ transport: http(chainUrl, { timeout: TIMEOUT_MS }), cacheTime: 0 })
  const last = await chain.getBlockNumber()
  const opened = await chain.getContractEvents({
    ...{ address: book.contracts.leaseEscrow, abi: leaseEscrowAbi, eventName: 'LeaseOpened', strict: true },
    fromBlock: last > blocks ? last - BigInt(blocks) : 0n,
  })
  return opened.map(({ args }) => args.lease)
}

async function callChain(url: string, method: string, params: unknown[], signal: AbortSignal): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  })
  const text = await answer.text()
  if (text.includes('"error"')) throw new Error(`${method}: ${text}`)
}
