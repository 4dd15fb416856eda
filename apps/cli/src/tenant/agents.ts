import { askStatus, type NetworkNode } from '@tender/network'
import { failureClass, NotFoundError } from '@tender/protocol'
import type { MarketClient } from '@tender/sdk'
import { agentFor, type TenantLease, type TenantRecords, type WorkloadReport } from '@tender/tenant'
import type { Address } from 'viem'
import { readAgentKey } from '../home/agentKey.ts'
import { startAgent } from './startAgent.ts'

/** A list is not held up by a provider that is gone. */
const ASK_TIMEOUT_MS = 3_000

/** Where agents act. */
export type AgentPlace = { home: string; market: MarketClient; bootstrap: readonly string[] }

/** Works as the agent of an order. */
export async function withAgent<Result>(
  { home, market, bootstrap }: AgentPlace,
  agent: Address,
  work: (node: NetworkNode) => Promise<Result>,
): Promise<Result> {
  const node = await startAgent({ privateKey: await readAgentKey(home, agent), market, bootstrap })
  try {
    return await work(node)
  } finally {
    await node.stop()
  }
}

/** Asks providers how the workloads of leases are, all at once. Who does not answer is a result too. */
export async function askWorkloads(
  place: AgentPlace,
  records: TenantRecords,
  leases: readonly TenantLease[],
  signal: AbortSignal,
): Promise<Map<string, WorkloadReport>> {
  const byAgent = new Map<Address, TenantLease[]>()
  for (const lease of leases) {
    const record = await records.orders.get(lease.terms.order)
    const agent = record && agentFor(record, lease)
    if (agent !== undefined) byAgent.set(agent, [...(byAgent.get(agent) ?? []), lease])
  }
  const reports = await Promise.all(
    [...byAgent].map(([agent, own]) =>
      withAgent({ ...place, bootstrap: [] }, agent, (node) =>
        Promise.all(own.map((lease) => ask(node, lease, signal))),
      ).catch((error) => {
        // Without that agent's key its leases cannot be asked about; they are listed, and cost, all the same.
        if (!(error instanceof NotFoundError)) throw error
        return own.map(({ leaseId }) => [leaseId, { phase: 'silent', reason: error.message }] as const)
      }),
    ),
  )
  return new Map(reports.flat())
}

async function ask(node: NetworkNode, { leaseId, provider }: TenantLease, signal: AbortSignal) {
  const within = AbortSignal.any([signal, AbortSignal.timeout(ASK_TIMEOUT_MS)])
  const report = await askStatus(node, provider, { lease: leaseId }, within).catch((error): WorkloadReport => {
    signal.throwIfAborted()
    if (failureClass(error) === 'internal') throw error
    if (within.aborted) return { phase: 'silent', reason: 'it did not answer in time' }
    return { phase: 'silent', reason: error instanceof Error ? error.message : String(error) }
  })
  return [leaseId, report] as const
}
