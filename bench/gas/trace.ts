import type { Address, Hex } from 'viem'
import type { Bench } from './chain.ts'

/** What one transaction's gas was used for. */
export type Items = Map<string, number>

type Step = { op: string; gas: number; gasCost: number; depth: number; stack: Hex[] | null }
type Trace = { gas: number; structLogs: Step[] }

const ECRECOVER = 1n
/** Below this a storage key is a variable's own slot, above it an entry of a mapping. */
const MAPPINGS_FROM = 1n << 16n

/**
 * Adds up a transaction's steps by what they are for: each contract's storage, events, calls and computation.
 *
 * @param names of the contracts, by address in small letters
 */
export async function itemise(
  bench: Bench,
  hash: Hex,
  to: Address,
  names: ReadonlyMap<string, string>,
): Promise<Items> {
  // CAST: viem knows no debug methods; the shapes are geth's
  const request = bench.rpc.request as (call: { method: string; params: unknown[] }) => Promise<unknown>
  const params = [hash, { disableMemory: true, disableStorage: true }]
  const trace = (await request({ method: 'debug_traceTransaction', params })) as Trace // CAST: as above
  const items: Items = new Map()
  const used = addFrame(trace.structLogs, 0, nameOf(BigInt(to), names), names, items).used
  items.set('transaction and calldata', trace.gas - used)
  return items
}

/** Adds up one call's frame from its first step on. What a callee used is in the callee's items only. */
function addFrame(
  steps: readonly Step[],
  first: number,
  contract: string,
  names: ReadonlyMap<string, string>,
  items: Items,
): { next: number; used: number } {
  let used = 0
  let index = first
  for (let step = steps[index]; step && step.depth === steps[first]?.depth; step = steps[index]) {
    const callee = step.op.endsWith('CALL') ? BigInt(step.stack?.at(-2) ?? 0) : undefined
    const enters = (steps[index + 1]?.depth ?? 0) > step.depth
    const inner = enters ? addFrame(steps, index + 1, nameOf(callee ?? 0n, names), names, items) : undefined
    const next = inner?.next ?? index + 1
    const after = steps[next]
    const total = after?.depth === step.depth ? step.gas - after.gas : step.gasCost
    const own = total - (inner?.used ?? 0)
    const item = itemOf(step, contract, callee, names)
    items.set(item, (items.get(item) ?? 0) + own)
    used += total
    index = next
  }
  return { next: index, used }
}

function itemOf(step: Step, contract: string, callee: bigint | undefined, names: ReadonlyMap<string, string>): string {
  if (callee === ECRECOVER) return 'recovering signers'
  if (callee !== undefined) return `calling ${nameOf(callee, names)}`
  const key = BigInt(step.stack?.at(-1) ?? 0)
  if (step.op === 'SLOAD') return `${contract}: reading ${key < MAPPINGS_FROM ? 'parameters' : 'records'}`
  if (step.op === 'SSTORE') return `${contract}: writing ${step.gasCost >= 20_000 ? 'new slots' : 'records'}`
  if (step.op.startsWith('LOG')) return `${contract}: events`
  return `${contract}: computing`
}

function nameOf(address: bigint, names: ReadonlyMap<string, string>): string {
  return names.get(`0x${address.toString(16).padStart(40, '0')}`) ?? 'another contract'
}
