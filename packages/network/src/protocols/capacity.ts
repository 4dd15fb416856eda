import { bytes32Schema, type Dialable } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import { BadFrameError } from '../errors.ts'
import type { Caller } from '../market.ts'
import { admitMonitor, type IsMonitor } from '../monitorGate.ts'
import type { NetworkNode } from '../node.ts'
import { callPeer, defineRequest, servePeers } from '../rpc.ts'

/** A memory-hard task for units of one class, all at once: each unit's memory must be there at the same time. */
export type CapacityTask = {
  nonce: Hex
  resource: Hex
  /** How many units, 1 to {@link MAX_TASK_UNITS}. */
  units: number
  /** Memory per unit. */
  memoryKib: number
  /** How often a unit's memory is gone over. */
  passes: number
}

/** Most units of one task; of a larger provider a part is asked. */
export const MAX_TASK_UNITS = 16_384

/** Longest that a server works on a task. */
const MAX_TASK_MS = 10 * 60_000

const uint32 = z.int().min(1).max(0xffff_ffff)
const capacity = defineRequest<CapacityTask, { tags: readonly Hex[] }>({
  name: 'capacity',
  request: z.strictObject({
    nonce: bytes32Schema,
    resource: bytes32Schema,
    units: z.int().min(1).max(MAX_TASK_UNITS),
    memoryKib: uint32,
    passes: z.int().min(1).max(1024),
  }),
  response: z.strictObject({ tags: z.array(bytes32Schema).max(MAX_TASK_UNITS).readonly() }),
  maxRequestBytes: 1024,
  maxResponseBytes: 2 * 1024 * 1024,
  timeoutMs: MAX_TASK_MS,
  // One task of each class from each monitor; the provider itself says how many it works on.
  limits: { maxStreams: 512, maxPerCaller: 8, rate: { perSecond: 0.2, burst: 16 } },
})

/**
 * Gives a provider a task and waits for its tags: one of 32 bytes per unit, in order, or fewer if it could not do all.
 *
 * @param timeoutMs for the whole exchange, at most ten minutes
 * @throws {RefusedError} `notMonitor`, …
 * @throws {UnreachableError | TimedOutError | BadFrameError}
 */
export async function askCapacity(
  node: NetworkNode,
  provider: Dialable,
  task: CapacityTask,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<readonly Hex[]> {
  const { tags } = await callPeer(node, provider, { ...capacity, timeoutMs }, task, signal)
  if (tags.length > task.units) throw new BadFrameError('more tags than units')
  return tags
}

/** Answers {@link askCapacity}, to the market's monitors only. The signal aborts when the caller gives up. */
export function serveCapacity(
  node: NetworkNode,
  provider: {
    isMonitor: IsMonitor
    /** Tags of the first units, as many as it could do. */
    work(task: CapacityTask, caller: Caller, signal: AbortSignal): Promise<readonly Hex[]>
  },
): Promise<() => Promise<void>> {
  return servePeers(node, capacity, async (task, caller, signal) => {
    await admitMonitor(provider.isMonitor, caller, signal)
    return { tags: await provider.work(task, caller, signal) }
  })
}
