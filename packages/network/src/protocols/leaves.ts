import { addressSchema, bytes32Schema, type Dialable, type Leaf, uintBigint } from '@tender/protocol'
import { type Address, type Hex, isAddressEqual } from 'viem'
import { z } from 'zod'
import { leafSchema, proofSchema } from '../eraSchemas.ts'
import { BadFrameError } from '../errors.ts'
import type { NetworkNode } from '../node.ts'
import { callPeer, defineRequest, servePeers } from '../rpc.ts'

/**
 * What the leaves are about: of each lease its own and, if there is one, its credit; a provider's; a monitor's of all assets and
 * its slash; a dispute's.
 */
export type LeafSubject =
  | { /** At most {@link MAX_LEAF_LEASES}. */ leases: readonly Hex[] }
  | { provider: bigint }
  | { monitor: Address }
  | { dispute: bigint }

/** Of an era's report; without `era`, of the newest effective one that the monitor knows of. */
export type LeavesRequest = { era?: bigint | undefined; of: LeafSubject }

/** A leaf, and the hashes that lead from it to the report's root. */
export type ProvenLeaf = { leaf: Leaf; proof: readonly Hex[] }

/** Nothing here is checked against the chain: whoever uses it does, as the contracts will. */
export type ProvenLeaves = { era: bigint; leaves: readonly ProvenLeaf[] }

/** Most leases of one request. */
export const MAX_LEAF_LEASES = 256

/** Two of each lease; a monitor that earned fees in many assets has no more. */
const MAX_LEAVES = 2 * MAX_LEAF_LEASES

const leaves = defineRequest<LeavesRequest, ProvenLeaves>({
  name: 'leaves',
  request: z.strictObject({
    era: uintBigint(64).optional(),
    of: z.union([
      z.strictObject({ leases: z.array(bytes32Schema).min(1).max(MAX_LEAF_LEASES).readonly() }),
      z.strictObject({ provider: uintBigint(64) }),
      z.strictObject({ monitor: addressSchema }),
      z.strictObject({ dispute: uintBigint(64) }),
    ]),
  }),
  response: z.strictObject({
    era: uintBigint(64),
    leaves: z
      .array(z.strictObject({ leaf: leafSchema, proof: proofSchema }))
      .max(MAX_LEAVES)
      .readonly(),
  }),
  maxRequestBytes: 32 * 1024,
  maxResponseBytes: 4 * 1024 * 1024,
  timeoutMs: 20_000,
  limits: { maxStreams: 256, maxPerCaller: 16, rate: { perSecond: 20, burst: 100 } },
})

/**
 * Asks a monitor for what a report says of one subject, with a proof of each leaf. What the report does not mention is left out.
 *
 * @throws {RefusedError} `unknownEra`: it does not have that report
 * @throws {BadFrameError} if the answer is about something else
 * @throws {UnreachableError | TimedOutError}
 * @example
 * const { era, leaves } = await askLeaves(node, monitor, { of: { leases: [leaseId] } }, signal)
 */
export async function askLeaves(
  node: NetworkNode,
  monitor: Dialable,
  request: LeavesRequest,
  signal: AbortSignal,
): Promise<ProvenLeaves> {
  const answer = await callPeer(node, monitor, leaves, request, signal)
  if (request.era !== undefined && request.era !== answer.era) throw new BadFrameError('the leaves are of another era')
  const isAsked = subjectTest(request.of)
  for (const { leaf } of answer.leaves) {
    if (!isAsked(leaf)) throw new BadFrameError('the leaves are of something else')
  }
  return answer
}

/** Answers {@link askLeaves}, to anybody. What has no such report throws `unknownEra`. */
export function serveLeaves(
  node: NetworkNode,
  find: (request: LeavesRequest, signal: AbortSignal) => Promise<ProvenLeaves>,
): Promise<() => Promise<void>> {
  return servePeers(node, leaves, (request, _caller, signal) => find(request, signal))
}

function subjectTest(of: LeafSubject): (leaf: Leaf) => boolean {
  if ('leases' in of) {
    const asked = new Set(of.leases.map((lease) => lease.toLowerCase()))
    return (leaf) => (leaf.kind === 'lease' || leaf.kind === 'credit') && asked.has(leaf.lease)
  }
  if ('provider' in of) return (leaf) => leaf.kind === 'provider' && leaf.provider === of.provider
  if ('dispute' in of) return (leaf) => leaf.kind === 'dispute' && leaf.dispute === of.dispute
  return (leaf) => (leaf.kind === 'monitor' || leaf.kind === 'monitorSlash') && isAddressEqual(leaf.monitor, of.monitor)
}
