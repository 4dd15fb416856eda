import { argon2, argon2Sync } from 'node:crypto'
import type { Hex } from 'viem'
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
    argon2('argon2id', parametersOf(unit), (error, tag) => (error ? reject(error) : resolve(hexOf(tag))))
  })
}

/** {@link capacityTag} in this very thread, for a worker. */
export function capacityTagSync(unit: CapacityUnit): Hex {
  return hexOf(argon2Sync('argon2id', parametersOf(unit)))
}

// With Node's own means: the process that works a task out starts for each, and would spend most of its time on loading viem.
function parametersOf({ task, provider, unit }: CapacityUnit) {
  const { nonce, resource, memoryKib, passes } = task
  const message = Buffer.alloc(44)
  message.writeBigUInt64BE(provider, 0)
  message.set(bytesOf(resource), 8)
  message.writeUInt32BE(unit, 40)
  return { message, nonce: bytesOf(nonce), parallelism: 1, tagLength: TAG_BYTES, memory: memoryKib, passes }
}

function bytesOf(hex: Hex): Buffer {
  return Buffer.from(hex.slice(2), 'hex')
}

function hexOf(bytes: Buffer): Hex {
  return `0x${bytes.toString('hex')}`
}
