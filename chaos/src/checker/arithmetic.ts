import { leaseEscrowAbi } from '@tender/abi'
import { type Address, concatHex, encodeAbiParameters, getAbiItem, type Hex, keccak256 } from 'viem'
import type { Terms } from './facts.ts'

// What docs/money.md and the contracts' interfaces say, written again: nothing here comes from the packages that it judges.

const SECONDS_PER_HOUR = 3600n
export const wholeBps = 10_000n

/** What has to be there for so many seconds, rounded up. Smallest units. */
export function hold(rate: bigint, seconds: number): bigint {
  return (rate * BigInt(seconds) + SECONDS_PER_HOUR - 1n) / SECONDS_PER_HOUR
}

/** What so many seconds earn, rounded down. */
export function owed(rate: bigint, seconds: number): bigint {
  return (rate * BigInt(seconds)) / SECONDS_PER_HOUR
}

export const least = (a: bigint, b: bigint) => (a < b ? a : b)
export const most = (a: bigint, b: bigint) => (a > b ? a : b)

const termsParameter = getAbiItem({ abi: leaseEscrowAbi, name: 'leaseIdOf' }).inputs[0]

/** A lease's id: the hash of its terms. */
export function leaseIdOf(terms: Terms): Hex {
  return keccak256(encodeAbiParameters([termsParameter], [terms]))
}

const leafWords = {
  lease: ['bytes32', 'uint40'],
  credit: ['bytes32', 'uint64', 'address', 'uint256'],
  provider: ['uint64', 'uint16', 'uint256', 'uint256'],
  monitor: ['address', 'address', 'uint256'],
  monitorSlash: ['address', 'uint256'],
} as const

const leafKinds = { lease: 1n, credit: 2n, provider: 3n, monitor: 4n, monitorSlash: 5n } as const

/** A leaf of a report: its kind and words, hashed twice. */
export function leafOf(kind: keyof typeof leafWords, words: readonly (Hex | Address | bigint | number)[]): Hex {
  const types = ['uint256', ...leafWords[kind]].map((type) => ({ type }))
  return keccak256(keccak256(encodeAbiParameters(types, [leafKinds[kind], ...words])))
}

/** Hashes of a tree's pairs, the smaller first. */
function pairOf(a: Hex, b: Hex): Hex {
  return keccak256(concatHex(a < b ? [a, b] : [b, a]))
}

/** Whether a leaf is in the tree of that root. */
export function isInTree(leaf: Hex, proof: readonly Hex[], root: Hex): boolean {
  return proof.reduce<Hex>((hash, sibling) => pairOf(hash, sibling), leaf) === root
}

/** Whether all leaves are in the tree of that root: a flag says for each pair whether both of it follow from the leaves. */
export function areInTree(
  leaves: readonly Hex[],
  proof: readonly Hex[],
  flags: readonly boolean[],
  root: Hex,
): boolean {
  if (leaves.length === 0 || leaves.length + proof.length !== flags.length + 1) return false
  const [queue, rest] = [[...leaves], [...proof]]
  for (const both of flags) {
    const a = queue.shift()
    const b = both ? queue.shift() : rest.shift()
    if (a === undefined || b === undefined) return false
    queue.push(pairOf(a, b))
  }
  return queue.length === 1 && rest.length === 0 && queue[0] === root
}
