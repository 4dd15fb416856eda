import type { Hex } from 'viem'
import { hexOf, writeHex } from './bytes.ts'
import { keccakInto } from './keccak.ts'
import type { Leaf } from './types.ts'

const WORD = 32
const MOST_WORDS = 5
export const HASH_BYTES = 32

/** First word of each kind's encoding, as `IEraReports` numbers them. */
export const leafKinds = { lease: 1, credit: 2, provider: 3, monitor: 4, monitorSlash: 5, dispute: 6 } as const

const buffer = new Uint8Array(MOST_WORDS * WORD)
const view = new DataView(buffer.buffer)

/**
 * A leaf as the contract hashes it: `keccak256(keccak256(abi.encode(kind, ...)))`.
 *
 * @example
 * leafHash({ kind: 'lease', lease, served: 86_400 })
 */
export function leafHash(leaf: Leaf): Hex {
  const hash = new Uint8Array(HASH_BYTES)
  hashInto(leaf, hash, 0)
  return hexOf(hash)
}

/** The hashes of many leaves, one after the other, as `buildTree` takes them. */
export function leafHashes(leaves: readonly Leaf[]): Uint8Array<ArrayBuffer> {
  const hashes = new Uint8Array(leaves.length * HASH_BYTES)
  leaves.forEach((leaf, index) => {
    hashInto(leaf, hashes, index * HASH_BYTES)
  })
  return hashes
}

function hashInto(leaf: Leaf, target: Uint8Array, at: number): void {
  const words = encode(leaf)
  keccakInto(buffer, 0, words * WORD, target, at)
  keccakInto(target, at, at + HASH_BYTES, target, at)
}

/** Fills the buffer and says how many words there are. */
function encode(leaf: Leaf): number {
  buffer.fill(0)
  buffer[WORD - 1] = leafKinds[leaf.kind]
  switch (leaf.kind) {
    case 'lease':
      writeHex(leaf.lease, buffer, WORD)
      small(2, leaf.served)
      return 3
    case 'credit':
      writeHex(leaf.lease, buffer, WORD)
      word(2, leaf.provider)
      writeHex(leaf.tenant, buffer, 3 * WORD + 12)
      word(4, leaf.amount)
      return 5
    case 'provider':
      word(1, leaf.provider)
      small(2, leaf.score)
      word(3, leaf.rewards)
      word(4, leaf.slashed)
      return 5
    case 'monitor':
      writeHex(leaf.monitor, buffer, WORD + 12)
      writeHex(leaf.asset, buffer, 2 * WORD + 12)
      word(3, leaf.rewards)
      return 4
    case 'monitorSlash':
      writeHex(leaf.monitor, buffer, WORD + 12)
      word(2, leaf.slashed)
      return 3
    case 'dispute':
      word(1, leaf.dispute)
      small(2, leaf.upheld ? 1 : 0)
      return 3
  }
}

/** An integer of at most 48 bits. */
function small(index: number, value: number): void {
  view.setUint16(index * WORD + 26, Math.floor(value / 2 ** 32))
  view.setUint32(index * WORD + 28, value >>> 0)
}

function word(index: number, value: bigint): void {
  const at = index * WORD
  view.setBigUint64(at + 24, value)
  if (value >> 64n === 0n) return
  view.setBigUint64(at + 16, value >> 64n)
  view.setBigUint64(at + 8, value >> 128n)
  view.setBigUint64(at, value >> 192n)
}
