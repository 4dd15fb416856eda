import type { Hex } from 'viem'
import { compareBytes, hexOf, writeHex } from './bytes.ts'
import { keccakInto } from './keccak.ts'
import { HASH_BYTES } from './leaf.ts'
import type { Multiproof } from './tree.ts'

/** A leaf's hash and the hashes that lead from it to the root. */
export type ProvenHash = { hash: Hex; proof: readonly Hex[] }

/**
 * The root to which a proof leads.
 *
 * @example
 * proofRoot(leafHash(leaf), proof) === report.root
 */
export function proofRoot(hash: Hex, proof: readonly Hex[]): Hex {
  return proof.reduce(pairHash, hash)
}

/**
 * One proof for several leaves, out of a proof of each: nobody who has the tree need be asked. The proofs are of one tree of
 * `buildTree`, and right; `order` holds indices into `proven`.
 *
 * @example
 * const { proof, flags, order } = joinProofs(leaves.map(({ leaf, proof }) => ({ hash: leafHash(leaf), proof })))
 */
export function joinProofs(proven: readonly ProvenHash[]): Multiproof {
  const { leaves, root } = pathsOf(proven)
  const order = root ? listed(root, leaves) : []
  const queue = order.map(({ node }) => node)
  const proof: Hex[] = []
  const flags: boolean[] = []
  for (let head = 0; head < queue.length; head++) {
    const node = queue[head]
    if (!node?.parent || !node.sibling) break
    const paired = queue[head + 1]?.hash === node.sibling
    flags.push(paired)
    if (paired) head++
    else proof.push(node.sibling)
    queue.push(node.parent)
  }
  return { proof, flags, order: order.map(({ index }) => index) }
}

/** A node on the way from a leaf to the root. `least`, `most`: depths of the leaves below it that are to be proven. */
type PathNode = {
  hash: Hex
  sibling: Hex | undefined
  parent: PathNode | undefined
  children: PathNode[]
  least: number
  most: number
}

type PathLeaf = { node: PathNode; index: number }

function pathsOf(proven: readonly ProvenHash[]): { leaves: PathLeaf[]; root: PathNode | undefined } {
  const nodes = new Map<Hex, PathNode>()
  const leaves = new Map<PathNode, PathLeaf>()
  let root: PathNode | undefined
  for (const [index, { hash, proof }] of proven.entries()) {
    const depth = proof.length
    let below: PathNode | undefined
    let at = hash
    for (let height = 0; height <= depth; height++) {
      const known = nodes.get(at)
      const sibling = proof[height]
      const node: PathNode = known ?? { hash: at, sibling, parent: undefined, children: [], least: depth, most: depth }
      node.least = Math.min(node.least, depth)
      node.most = Math.max(node.most, depth)
      nodes.set(at, node)
      if (below && !below.parent) {
        below.parent = node
        node.children.push(below)
      }
      if (height === 0 && !leaves.has(node)) leaves.set(node, { node, index })
      below = node
      if (sibling) at = pairHash(at, sibling)
    }
    root = below
  }
  return { leaves: [...leaves.values()], root }
}

/**
 * The leaves in the order in which the contract wants them: as they would lie from right to left, the deepest level first.
 * Which of two siblings is the right one the proofs do not say, and it makes no difference, but that the leaves which lie one level
 * higher are all to the right of the others.
 */
function listed(root: PathNode, leaves: readonly PathLeaf[]): PathLeaf[] {
  const places = new Map<PathNode, number>()
  const visit = (node: PathNode): void => {
    places.set(node, places.size)
    for (const child of node.children.toSorted((a, b) => a.least + a.most - b.least - b.most)) visit(child)
  }
  visit(root)
  const placeOf = ({ node }: PathLeaf) => places.get(node) ?? 0
  return leaves.toSorted((a, b) => b.node.most - a.node.most || placeOf(a) - placeOf(b))
}

function pairHash(one: Hex, other: Hex): Hex {
  const pair = new Uint8Array(3 * HASH_BYTES)
  writeHex(one, pair, 0)
  writeHex(other, pair, HASH_BYTES)
  if (compareBytes(pair, 0, pair, HASH_BYTES, HASH_BYTES) > 0) {
    writeHex(other, pair, 0)
    writeHex(one, pair, HASH_BYTES)
  }
  keccakInto(pair, 0, 2 * HASH_BYTES, pair, 2 * HASH_BYTES)
  return hexOf(pair, 2 * HASH_BYTES, HASH_BYTES)
}
