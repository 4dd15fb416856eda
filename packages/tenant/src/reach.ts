import type { NetworkNode } from '@tender/network/browser'
import { type Dialable, failureClass, type Manifest, NotFoundError, TenderError } from '@tender/protocol'
import type { Lease, MarketClient } from '@tender/sdk'
import type { Address } from 'viem'
import { findPeer } from './findPeer.ts'
import { type OrderRecord, shortId, type TenantLease, type TenantRecords } from './records.ts'
import { nowSeconds, type Sources } from './tenant.ts'
import { clockTime } from './timeLeft.ts'

/** Where it was recorded to be, a provider answers soon or is elsewhere. */
const DIAL_TIMEOUT_MS = 8_000

/** One of a tenant's leases, with all that it takes to ask its provider. */
export type Reach = {
  market: MarketClient
  records: TenantRecords
  sources: Sources
  /** As it was when it was opened; where its provider is may have changed since. */
  record: TenantLease
  /** What was ordered, or the last update that was done. */
  manifest: Manifest
  /** As the chain has it; absent if the chain does not know it. */
  lease: Lease | undefined
  /** The lease's agent as a peer. */
  node: NetworkNode
  /**
   * Asks the provider once it is connected, wherever it is by now.
   *
   * @throws {UnreachableError} `providerSilent`
   */
  ask<Answer>(question: (provider: Dialable, node: NetworkNode) => Promise<Answer>): Promise<Answer>
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

export type AskerOptions = {
  node: NetworkNode
  records: Pick<TenantRecords, 'leases'>
  record: TenantLease
  /** The market's first peers, see {@link findPeer}. */
  bootstrap: readonly string[]
  /** Told what takes long, and `undefined` once it does not any more. */
  onStatus?(words: string | undefined): void
  signal: AbortSignal
}

/** Asks a lease's provider wherever it is, see {@link Reach}. */
export function asker({ node, records, record, bootstrap, onStatus = () => {}, signal }: AskerOptions): Reach['ask'] {
  let known: Dialable = record.provider

  async function connect(): Promise<void> {
    try {
      await node.dial(known, AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]))
    } catch (error) {
      signal.throwIfAborted()
      if (failureClass(error) !== 'network') throw error
      const { provider } = record.terms
      onStatus(`provider ${provider} is not where it was: looking for it, for up to a minute`)
      known = await findPeer(node, { provider, known, bootstrap }, signal)
      onStatus(undefined)
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

/** What a lease runs: what was ordered, or its last update. @throws {TenderError} `unknownOrder` */
export async function manifestOf({ orders }: TenantRecords, { manifest, terms }: TenantLease): Promise<Manifest> {
  const ordered = manifest ?? (await orders.get(terms.order))?.manifest
  if (ordered) return ordered
  throw new TenderError('the order of this lease is not here', { code: 'unknownOrder', class: 'notFound' })
}

/** Whose key opens streams for a lease of an order: the order's agent, until a Session names another. */
export function agentFor({ order }: Pick<OrderRecord, 'order'>, { agent }: Pick<TenantLease, 'agent'>): Address {
  return agent ?? order.agent
}

/** Whose key opens streams for a lease. @throws {NotFoundError} if its order is not among the records */
export async function agentOf({ orders }: TenantRecords, lease: TenantLease): Promise<Address> {
  const record = await orders.get(lease.terms.order)
  if (record) return agentFor(record, lease)
  throw new NotFoundError('the order of this lease is not here, so its provider cannot be asked', {
    code: 'unknownOrder',
    hint: 'Closing it works all the same.',
  })
}
