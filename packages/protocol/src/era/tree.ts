import type { Hex } from 'viem'
import { TenderError } from '../errors.ts'
import { compareBytes, hexOf, writeHex } from './bytes.ts'
import { keccak, keccakInto } from './keccak.ts'
import { HASH_BYTES, leafHashes } from './leaf.ts'
import type { Leaf } from './types.ts'

/** What OpenZeppelin's `multiProofVerify` takes, beside the leaves in `order`. */
export type Multiproof = {
  proof: readonly Hex[]
  flags: readonly boolean[]
  /** The leaves' indices in the order in which the contract wants the leaves. */
  order: readonly number[]
}

/** A Merkle tree whose pairs are hashed in sorted order, as OpenZeppelin's `MerkleProof` checks it. */
export type MerkleTree = {
  root: Hex
  /** How many leaves. */
  size: number
  leaf(index: number): Hex
  /** @throws {TenderError} `noSuchLeaf` */
  proof(index: number): readonly Hex[]
  /** One proof for several leaves; the smaller, the closer together they lie. @throws {TenderError} `noSuchLeaf` */
  multiproof(indices: readonly number[]): Multiproof
}

/** The root of no leaves: the hash of nothing, which no leaf and no pair can have. */
export const EMPTY_ROOT = hexOf(keccak(new Uint8Array()))

/**
 * The tree over `hashes`: `leafHash` of each leaf, or all of them one after the other. Node `i` has the children `2i + 1` and
 * `2i + 2`; leaf `i` of `n` is node `2n - 2 - i`. That is the layout of OpenZeppelin's library for JavaScript.
 *
 * @example
 * const tree = buildTree(leaves.map(leafHash))
 * tree.proof(0) // ['0x…', …]
 */
export function buildTree(hashes: readonly Hex[] | Uint8Array): MerkleTree {
  const size = hashes instanceof Uint8Array ? hashes.length / HASH_BYTES : hashes.length
  if (!Number.isInteger(size)) throw new RangeError('hashes are of 32 bytes each')
  const nodes = placeLeaves(hashes, size)
  hashPairs(nodes, size)
  const node = (index: number) => hexOf(nodes, index * HASH_BYTES, HASH_BYTES)
  const place = (index: number) => nodeOf(index, size)
  return {
    root: size === 0 ? EMPTY_ROOT : node(0),
    size,
    leaf: (index) => node(place(index)),
    proof: (index) => siblings(place(index)).map(node),
    multiproof(indices) {
      const order = [...new Set(indices)].sort((a, b) => a - b)
      const { proof, flags } = walk(order.map(place))
      return { proof: proof.map(node), flags, order }
    },
  }
}

/** The tree of a report. */
export function leafTree(leaves: readonly Leaf[]): MerkleTree {
  return buildTree(leafHashes(leaves))
}

function placeLeaves(hashes: readonly Hex[] | Uint8Array, size: number): Uint8Array {
  const nodes = new Uint8Array(Math.max(0, 2 * size - 1) * HASH_BYTES)
  for (let index = 0; index < size; index++) {
    const at = (2 * size - 2 - index) * HASH_BYTES
    if (hashes instanceof Uint8Array) {
      for (let byte = 0; byte < HASH_BYTES; byte++) nodes[at + byte] = hashes[index * HASH_BYTES + byte] ?? 0
    } else writeHex(hashes[index] ?? '0x', nodes, at)
  }
  return nodes
}

function hashPairs(nodes: Uint8Array, size: number): void {
  const pair = new Uint8Array(2 * HASH_BYTES)
  for (let index = size - 2; index >= 0; index--) {
    const left = (2 * index + 1) * HASH_BYTES
    const right = left + HASH_BYTES
    const swapped = compareBytes(nodes, left, nodes, right, HASH_BYTES) > 0
    const [first, second] = swapped ? [right, left] : [left, right]
    for (let byte = 0; byte < HASH_BYTES; byte++) {
      pair[byte] = nodes[first + byte] ?? 0
      pair[HASH_BYTES + byte] = nodes[second + byte] ?? 0
    }
    keccakInto(pair, 0, pair.length, nodes, index * HASH_BYTES)
  }
}

function nodeOf(index: number, size: number): number {
  if (Number.isInteger(index) && index >= 0 && index < size) return 2 * size - 2 - index
  throw new TenderError(`the tree has no leaf ${index}`, {
    code: 'noSuchLeaf',
    class: 'notFound',
    data: { index, size },
  })
}

/** Nodes whose hashes lead from `node` to the root. */
function siblings(node: number): number[] {
  const path: number[] = []
  for (let at = node; at > 0; at = parentOf(at)) path.push(siblingOf(at))
  return path
}

/** From the deepest nodes upwards, as the contract's loop goes; `nodes` falls. */
function walk(nodes: readonly number[]): { proof: number[]; flags: boolean[] } {
  const queue = [...nodes]
  const proof: number[] = nodes.length === 0 ? [0] : []
  const flags: boolean[] = []
  for (let head = 0; head < queue.length; head++) {
    const node = queue[head] ?? 0
    if (node === 0) break
    const paired = queue[head + 1] === siblingOf(node)
    flags.push(paired)
    if (paired) head++
    else proof.push(siblingOf(node))
    queue.push(parentOf(node))
  }
  return { proof, flags }
}

const parentOf = (node: number): number => (node - 1) >> 1
const siblingOf = (node: number): number => (node % 2 === 0 ? node - 1 : node + 1)
