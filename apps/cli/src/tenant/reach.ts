import type { NetworkNode } from '@tender/network'
import { type Dialable, failureClass, type Manifest, TenderError } from '@tender/protocol'
import { getLease, type Lease, type MarketClient } from '@tender/sdk'
import type { Hex } from 'viem'
import type { Context } from '../command.ts'
import { readAgentKey } from '../home/agentKey.ts'
import { marketDirectory } from '../home/home.ts'
import { openMarket } from '../openMarket.ts'
import { agentOf } from './agents.ts'
import { findPeer } from './findPeer.ts'
import { ifKnown } from './ifKnown.ts'
import { openTenantRecords, shortId, type TenantLease, type TenantRecords } from './records.ts'
import { startAgent } from './startAgent.ts'
import { nowSeconds } from './tenant.ts'
import { clockTime, nearness, warnOfEnd } from './timeLeft.ts'

/** Where it was recorded to be, a provider answers soon or is elsewhere. */
const DIAL_TIMEOUT_MS = 8_000

/** One of this machine's leases, with all that it takes to ask its provider. */
export type Reach = {
  market: MarketClient
  records: TenantRecords
  /** As it was when it was opened; where its provider is may have changed since. */
  record: TenantLease
  /** What was ordered, or the last update that was done. */
  manifest: Manifest
  /** As the chain has it; absent if the chain does not know it. */
  lease: Lease | undefined
  /** The lease's agent as a peer. */
  node: NetworkNode
  agentKey: Hex
  /**
   * Asks the provider once it is connected, wherever it is by now.
   *
   * @throws {UnreachableError} `providerSilent`
   */
  ask<Answer>(question: (provider: Dialable, node: NetworkNode) => Promise<Answer>): Promise<Answer>
}

/** Works with the lease whose id begins with `prefix`, as its agent. Warns if its time runs out, unless `warns` is false. */
export async function withLease<Result>(
  context: Context,
  prefix: string,
  work: (reach: Reach) => Promise<Result>,
  { warns = true }: { warns?: boolean } = {},
): Promise<Result> {
  const { name, profile, market } = await openMarket(context)
  const records = await openTenantRecords(marketDirectory(context.home, name))
  const record = await records.leases.find(prefix)
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
    const ask = asker(context, { node, records, record, bootstrap })
    return await work({ market, records, record, manifest, lease, node, agentKey, ask })
  } finally {
    await node.stop()
  }
}

/** @throws {TenderError} `leaseOver`, for what only a lease that runs can do */
export function checkRuns({ lease, record }: Pick<Reach, 'lease' | 'record'>): void {
  if (!lease) return
  const now = Math.max(nowSeconds(), lease.timestamp)
  if (lease.status !== 'resolved' && now < lease.stop) return
  const id = shortId(record.leaseId)
  throw new TenderError(`${record.name} (lease ${id}) is over since ${clockTime(lease.stop)}: nothing of it runs`, {
    code: 'leaseOver',
    class: 'conflict',
    hint: `See why with \`tender lease show ${id}\`, read its log with \`tender logs ${id}\`, order anew with \`tender up\`.`,
    data: { leaseId: record.leaseId, stop: lease.stop },
  })
}

type AskerOptions = { node: NetworkNode; records: TenantRecords; record: TenantLease; bootstrap: readonly string[] }

/** Asks a lease's provider wherever it is, see {@link Reach}. */
export function asker(
  { progress, signal }: Pick<Context, 'progress' | 'signal'>,
  { node, records, record, bootstrap }: AskerOptions,
): Reach['ask'] {
  let known: Dialable = record.provider

  async function connect(): Promise<void> {
    try {
      await node.dial(known, AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]))
    } catch (error) {
      signal.throwIfAborted()
      if (failureClass(error) !== 'network') throw error
      const { provider } = record.terms
      progress.status(`provider ${provider} is not where it was: looking for it, for up to a minute`)
      known = await findPeer(node, { provider, known, bootstrap }, signal)
      progress.status(undefined)
      const current = (await records.leases.get(record.leaseId)) ?? record
      await records.leases.put(record.leaseId, { ...current, provider: withAddresses(known) })
    }
  }

  // Many may ask at once, of whom one looks.
  let connecting: Promise<void> | undefined
  function connected(): Promise<void> {
    connecting ??= connect().finally(() => {
      connecting = undefined
    })
    return connecting
  }

  return async (question) => {
    await connected()
    return question(known, node)
  }
}

function withAddresses({ publicKey, addresses }: Dialable): TenantLease['provider'] {
  return { publicKey, addresses: [...addresses] }
}

async function manifestOf({ orders }: TenantRecords, { manifest, terms }: TenantLease): Promise<Manifest> {
  const ordered = manifest ?? (await orders.get(terms.order))?.manifest
  if (ordered) return ordered
  throw new TenderError('the order of this lease is not on this machine', { code: 'unknownOrder', class: 'notFound' })
}
