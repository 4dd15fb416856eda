import { encodeAbiParameters, type Hex, keccak256, zeroHash } from 'viem'
import { buildTree } from '../era/tree.ts'
import type { JobResult, TaskRecord } from './taskRecord.ts'

/** Whose work a watermark is. */
export type TaskOwner = { lease: Hex; provider: bigint }

const parameters = [
  { name: 'output', type: 'bytes32' },
  { name: 'exit', type: 'uint32' },
  { name: 'lease', type: 'bytes32' },
  { name: 'provider', type: 'uint64' },
  { name: 'task', type: 'uint32' },
  { name: 'previous', type: 'bytes32' },
  { name: 'block', type: 'uint64' },
  { name: 'blockHash', type: 'bytes32' },
] as const

/**
 * The mark of one task's output: it binds the output to the lease and the provider, to the task, to everything that was done before
 * it, and to a time before which nobody could make it. `previous` of the first is zero.
 *
 * @example
 * const first = watermark(records[0], { lease, provider }, zeroHash)
 * const second = watermark(records[1], { lease, provider }, first)
 */
export function watermark(record: TaskRecord, { lease, provider }: TaskOwner, previous: Hex): Hex {
  const { output, exit, task, block, blockHash } = record
  const values = [output, exit, lease, provider, task, previous, BigInt(block), blockHash] as const
  return keccak256(encodeAbiParameters(parameters, values))
}

/** The watermarks of records in the order in which they were done. */
export function watermarksOf({ lease, provider, records }: Omit<JobResult, 'version'>): readonly Hex[] {
  let previous: Hex = zeroHash
  return records.map((record) => {
    previous = watermark(record, { lease, provider }, previous)
    return previous
  })
}

/**
 * What a provider commits to when it submits: the Merkle root over the watermarks, pairs in sorted order as `buildTree` has it.
 *
 * @example
 * resultRoot(watermarksOf(result))
 */
export function resultRoot(watermarks: readonly Hex[]): Hex {
  return buildTree(watermarks).root
}

/**
 * What a provider commits to while it works (`progress`): the last watermark so far, which holds all before it; zero before the
 * first.
 */
export function progressRoot(watermarks: readonly Hex[]): Hex {
  return watermarks.at(-1) ?? zeroHash
}
