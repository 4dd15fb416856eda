import { addressSchema, bytes32Schema, type Dialable, type Leaf, uintBigint, uintNumber } from '@tender/protocol'
import { type Address, type Hex, isAddressEqual } from 'viem'
import { z } from 'zod'
import { leafSchema, proofSchema } from '../eraSchemas.ts'
import { BadFrameError } from '../errors.ts'
import type { NetworkNode } from '../node.ts'
import { callPeer, defineRequest, servePeers } from '../rpc.ts'

/** What the leaves are about: a lease's own and its credit, a provider's, a monitor's of all assets and its slash, a dispute's. */
export type LeafSubject = { lease: Hex } | { provider: bigint } | { monitor: Address } | { dispute: bigint }

/** Of an era's report; without `era`, of the newest effective one that the monitor knows of. */
export type LeavesRequest = { era?: bigint | undefined; of: LeafSubject }

/** A leaf, and the hashes that lead from it to the report's root. */
export type ProvenLeaf = { leaf: Leaf; proof: readonly Hex[] }

/** Nothing here is checked against the chain: whoever uses it does, as the contracts will. */
export type ProvenLeaves = { era: bigint; leaves: readonly ProvenLeaf[] }

/** Which leases' seconds served; those that the report does not know are left out. */
export type ServedRequest = { era?: bigint | undefined; leases: readonly Hex[] }

/** Several leases' seconds served with one multiproof, in the order that `IVerifier.verifyServedMany` takes them. */
export type ServedLeases = {
  era: bigint
  served: readonly { lease: Hex; served: number }[]
  proof: readonly Hex[]
  flags: readonly boolean[]
}

/** Most leases that one multiproof is asked for. */
export const MAX_SERVED_LEASES = 256

/** Of a monitor that earned fees in many assets. */
const MAX_LEAVES = 256
/** No leaf of a multiproof needs more hashes than one alone. */
const MAX_MULTIPROOF_HASHES = 64 * MAX_SERVED_LEASES

const era = uintBigint(64)
const limits = { maxStreams: 256, maxPerCaller: 16, rate: { perSecond: 20, burst: 100 } }

const leaves = defineRequest<LeavesRequest, ProvenLeaves>({
  name: 'leaves',
  request: z.strictObject({
    era: era.optional(),
    of: z.union([
      z.strictObject({ lease: bytes32Schema }),
      z.strictObject({ provider: uintBigint(64) }),
      z.strictObject({ monitor: addressSchema }),
      z.strictObject({ dispute: uintBigint(64) }),
    ]),
  }),
  response: z.strictObject({
    era,
    leaves: z
      .array(z.strictObject({ leaf: leafSchema, proof: proofSchema }))
      .max(MAX_LEAVES)
      .readonly(),
  }),
  maxRequestBytes: 1024,
  maxResponseBytes: 2 * 1024 * 1024,
  timeoutMs: 15_000,
  limits,
})

const served = defineRequest<ServedRequest, ServedLeases>({
  name: 'served',
  request: z.strictObject({
    era: era.optional(),
    leases: z.array(bytes32Schema).min(1).max(MAX_SERVED_LEASES).readonly(),
  }),
  response: z.strictObject({
    era,
    served: z
      .array(z.strictObject({ lease: bytes32Schema, served: uintNumber(40) }))
      .max(MAX_SERVED_LEASES)
      .readonly(),
    proof: z.array(bytes32Schema).max(MAX_MULTIPROOF_HASHES).readonly(),
    flags: z.array(z.boolean()).max(MAX_MULTIPROOF_HASHES).readonly(),
  }),
  maxRequestBytes: 32 * 1024,
  maxResponseBytes: 2 * 1024 * 1024,
  timeoutMs: 15_000,
  limits,
})

/**
 * Asks a monitor for what a report says of one subject, with a proof of each leaf. None, if it says nothing.
 *
 * @throws {RefusedError} `unknownEra`: it does not have that report
 * @throws {BadFrameError} if the answer is about something else
 * @throws {UnreachableError | TimedOutError}
 * @example
 * const { era, leaves } = await askLeaves(node, monitor, { of: { provider: 7n } }, signal)
 */
export async function askLeaves(
  node: NetworkNode,
  monitor: Dialable,
  request: LeavesRequest,
  signal: AbortSignal,
): Promise<ProvenLeaves> {
  const answer = await callPeer(node, monitor, leaves, request, signal)
  checkEra(request.era, answer.era)
  for (const { leaf } of answer.leaves) {
    if (!isAbout(leaf, request.of)) throw new BadFrameError('the leaves are of something else')
  }
  return answer
}

/**
 * Asks a monitor for several leases' seconds served, with one multiproof. The more of them are one provider's, the shorter it is.
 *
 * @throws {RefusedError} `unknownEra`: it does not have that report
 * @throws {BadFrameError} if the answer is about other leases
 * @throws {UnreachableError | TimedOutError}
 */
export async function askServed(
  node: NetworkNode,
  monitor: Dialable,
  request: ServedRequest,
  signal: AbortSignal,
): Promise<ServedLeases> {
  const answer = await callPeer(node, monitor, served, request, signal)
  checkEra(request.era, answer.era)
  const asked = new Set(request.leases.map((lease) => lease.toLowerCase()))
  for (const { lease } of answer.served) {
    if (!asked.delete(lease)) throw new BadFrameError('it tells of leases that were not asked for, or twice')
  }
  return answer
}

/** Serves {@link askLeaves} and {@link askServed} to anybody. What has no such report throws `unknownEra`. */
export async function serveLeaves(
  node: NetworkNode,
  reports: {
    leaves(request: LeavesRequest, signal: AbortSignal): Promise<ProvenLeaves>
    served(request: ServedRequest, signal: AbortSignal): Promise<ServedLeases>
  },
): Promise<() => Promise<void>> {
  const stops = [
    await servePeers(node, leaves, (request, _caller, signal) => reports.leaves(request, signal)),
    await servePeers(node, served, (request, _caller, signal) => reports.served(request, signal)),
  ]
  return async () => {
    await Promise.all(stops.map((stop) => stop()))
  }
}

function checkEra(asked: bigint | undefined, told: bigint): void {
  if (asked !== undefined && asked !== told) throw new BadFrameError('the answer is of another era')
}

function isAbout(leaf: Leaf, of: LeafSubject): boolean {
  if ('lease' in of) return (leaf.kind === 'lease' || leaf.kind === 'credit') && leaf.lease === of.lease.toLowerCase()
  if ('provider' in of) return leaf.kind === 'provider' && leaf.provider === of.provider
  if ('dispute' in of) return leaf.kind === 'dispute' && leaf.dispute === of.dispute
  return (leaf.kind === 'monitor' || leaf.kind === 'monitorSlash') && isAddressEqual(leaf.monitor, of.monitor)
}
