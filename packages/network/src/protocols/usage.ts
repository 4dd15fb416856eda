import type { Dialable } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import { type LeaseBook, openLease } from '../leaseAccess.ts'
import { type LeaseRequest, leaseFields } from '../leaseStream.ts'
import type { NetworkNode } from '../node.ts'
import { callPeer, defineRequest, servePeers } from '../rpc.ts'
import { serviceNameSchema } from '../schemas.ts'

/** What something used since it was started. */
export type UsedSoFar = {
  /** CPU time of all cores together, in milliseconds. Between two answers it does not fall, but for a workload that began anew. */
  cpuMs: number
  memoryBytes: number
  /** The most that it held when somebody looked. */
  memoryPeakBytes: number
}

/** What a lease's workload uses, as its provider measures it: the provider's word, which nobody checks and nobody is paid by. */
export type LeaseUsage = UsedSoFar & {
  /** When it was measured, Unix milliseconds by the provider's clock. */
  atMs: number
  /** What it may use at most. `cpuMilli`: thousandths of a core. */
  limits: { cpuMilli: number; memoryBytes: number }
  services: readonly (UsedSoFar & { service: string })[]
}

/** More services than a manifest may have. */
const MAX_SERVICES = 64

const count = z.int().min(0)
const usedFields = { cpuMs: count, memoryBytes: count, memoryPeakBytes: count }

const usage = defineRequest({
  name: 'usage',
  request: z.strictObject(leaseFields),
  response: z.strictObject({
    usage: z
      .strictObject({
        atMs: count,
        ...usedFields,
        limits: z.strictObject({ cpuMilli: count, memoryBytes: count }),
        services: z.array(z.strictObject({ service: serviceNameSchema, ...usedFields })).max(MAX_SERVICES),
      })
      .optional(),
  }),
  maxRequestBytes: 16 * 1024,
  maxResponseBytes: 32 * 1024,
  timeoutMs: 10_000,
  limits: { maxStreams: 128, maxPerCaller: 16, rate: { perSecond: 5, burst: 20 } },
})

/**
 * Asks a provider what a lease's workload uses; `undefined` while nothing of it runs there.
 *
 * @throws {RefusedError} `unknownLease`, `notAgent`, …
 * @example
 * const usage = await askUsage(node, provider, { lease }, signal)
 * if (usage) console.log(usage.memoryBytes, 'of', usage.limits.memoryBytes)
 */
export async function askUsage(
  node: NetworkNode,
  provider: Dialable,
  request: LeaseRequest,
  signal: AbortSignal,
): Promise<LeaseUsage | undefined> {
  const answer = await callPeer(node, provider, usage, request, signal)
  return answer.usage
}

/** Serves {@link askUsage}, to the lease's agent only. */
export function serveUsage(
  node: NetworkNode,
  leases: LeaseBook & { usage(lease: Hex, signal: AbortSignal): Promise<LeaseUsage | undefined> },
): Promise<() => Promise<void>> {
  return servePeers(node, usage, async ({ lease, session }, caller, signal) => {
    await openLease(node, leases, { lease, session, scope: 'streams' }, caller, signal)
    const measured = await leases.usage(lease, signal)
    return { usage: measured && { ...measured, services: [...measured.services] } }
  })
}
