import { getLease } from '@tender/sdk'
import { agentOf, asker, ifKnown, manifestOf, nearness, nowSeconds, type Reach } from '@tender/tenant'
import type { Hex } from 'viem'
import type { Context } from '../command.ts'
import { readAgentKey } from '../home/agentKey.ts'
import { marketDirectory } from '../home/home.ts'
import { checkService, type JobHint } from '../jobs/checkService.ts'
import { openMarket } from '../openMarket.ts'
import { diskSources } from './diskSources.ts'
import { openTenantRecords } from './fileRecords.ts'
import { warnOfEnd } from './paintedEnd.ts'
import { startAgent } from './startAgent.ts'

/** A lease as its agent, whose key opens what is sealed to it. */
export type OwnReach = Reach & { agentKey: Hex }

export type WithLeaseOptions = {
  /** Warns if its time runs out. @default true */
  warns?: boolean
  /** What can be done with a job's lease instead. */
  ofJob?: JobHint
}

/**
 * Works with the lease whose id begins with `prefix`, as its agent.
 *
 * @throws {TenderError} `isJob`: commands about jobs go by `findJob`
 */
export async function withLease<Result>(
  context: Context,
  prefix: string,
  work: (reach: OwnReach) => Promise<Result>,
  { warns = true, ofJob }: WithLeaseOptions = {},
): Promise<Result> {
  const { name, profile, market } = await openMarket(context)
  const records = await openTenantRecords(marketDirectory(context.home, name))
  const record = await records.leases.find(prefix)
  checkService(record, ofJob)
  const agent = await agentOf(records, record)
  const [agentKey, lease, manifest] = await Promise.all([
    readAgentKey(context.home, agent),
    ifKnown(getLease(market, { lease: record.terms })),
    manifestOf(records, record),
  ])
  if (warns && lease && lease.status !== 'resolved') {
    const now = Math.max(nowSeconds(), lease.timestamp)
    // Who works with a lease all day is told of its last hour only.
    if (nearness(lease.stop - now) !== 'day') warnOfEnd(context.progress, { ...record, stop: lease.stop }, now)
  }
  const { bootstrap } = profile
  const node = await startAgent({ privateKey: agentKey, market, bootstrap })
  try {
    const { progress, signal } = context
    const ask = asker({ node, records, record, bootstrap, signal, onStatus: progress.status })
    return await work({ market, records, sources: diskSources, record, manifest, lease, node, agentKey, ask })
  } finally {
    await node.stop()
  }
}
