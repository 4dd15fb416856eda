import type { Address, Hex } from 'viem'
import type { Leaf } from './types.ts'

/** What leaves can be about: a lease's own and its credit's, a provider's, a monitor's of all assets and its slash's, a dispute's. */
export type LeafKey = { lease: Hex } | { provider: bigint } | { monitor: Address } | { dispute: bigint }

/** The places of leaves by what they are about, rising. */
export type LeafFinder = (key: LeafKey) => readonly number[]

/**
 * Finds leaves without looking through all of them.
 *
 * @example
 * const find = createLeafFinder(result.leaves)
 * const proven = find({ lease }).map((index) => ({ leaf: result.leaves[index], proof: tree.proof(index) }))
 */
export function createLeafFinder(leaves: readonly Leaf[]): LeafFinder {
  const leases = new Map<Hex, number>()
  const others = new Map<string, number[]>()
  leaves.forEach((leaf, index) => {
    if (leaf.kind === 'lease') leases.set(leaf.lease, index)
    else {
      const key = keyOf(leaf)
      others.set(key, [...(others.get(key) ?? []), index])
    }
  })
  return (key) => {
    const [own, rest] = ['lease' in key ? leases.get(key.lease) : undefined, others.get(nameOf(key)) ?? []]
    return own === undefined ? rest : [own, ...rest]
  }
}

function keyOf(leaf: Exclude<Leaf, { kind: 'lease' }>): string {
  switch (leaf.kind) {
    case 'credit':
      return nameOf({ lease: leaf.lease })
    case 'provider':
      return nameOf({ provider: leaf.provider })
    case 'monitor':
    case 'monitorSlash':
      return nameOf({ monitor: leaf.monitor })
    case 'dispute':
      return nameOf({ dispute: leaf.dispute })
  }
}

function nameOf(key: LeafKey): string {
  const [[name, value] = []] = Object.entries(key)
  return `${name} ${String(value).toLowerCase()}`
}
