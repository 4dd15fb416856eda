import { argon2, argon2Sync } from 'node:crypto'
import { bytesToHex, concatHex, type Hex, hexToBytes, numberToHex } from 'viem'
import type { CapacityTask } from './protocols/capacity.ts'

/** Of which unit a tag is. */
export type CapacityUnit = { task: Omit<CapacityTask, 'units'>; provider: bigint; unit: number }

const TAG_BYTES = 32

/**
 * The tag of one unit: argon2id over nonce, provider, class and the unit's number, so that no tag is of use for another provider,
 * class, unit or moment. Works in Node's thread pool.
 *
 * @example
 * await capacityTag({ task: { nonce, resource, memoryKib: 524_288, passes: 1 }, provider: 7n, unit: 0 })  // '0x…', 32 bytes
 */
export function capacityTag(unit: CapacityUnit): Promise<Hex> {
  return new Promise((resolve, reject) => {
    argon2('argon2id', parametersOf(unit), (error, tag) => (error ? reject(error) : resolve(bytesToHex(tag))))
  })
}

/** {@link capacityTag} in this very thread, for a worker. */
export function capacityTagSync(unit: CapacityUnit): Hex {
  return bytesToHex(argon2Sync('argon2id', parametersOf(unit)))
}

function parametersOf({ task, provider, unit }: CapacityUnit) {
  const { nonce, resource, memoryKib, passes } = task
  const subject = concatHex([numberToHex(provider, { size: 8 }), resource, numberToHex(unit, { size: 4 })])
  return {
    message: hexToBytes(subject),
    nonce: hexToBytes(nonce),
    parallelism: 1,
    tagLength: TAG_BYTES,
    memory: memoryKib,
    passes,
  }
}
