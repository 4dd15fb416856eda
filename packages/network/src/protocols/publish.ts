import { setTimeout as delay } from 'node:timers/promises'
import { bytes32Schema, type Dialable, isRetryable } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import { DeniedError } from '../errors.ts'
import type { NetworkNode } from '../node.ts'
import { callPeer, defineRequest, servePeers } from '../rpc.ts'

/** Where a relay's public ingress answers for leases, each at a name of its own below `domain`. */
export type PublicDomain = {
  domain: string
  /** Port of plain HTTP; absent: not served. */
  http?: number | undefined
  /** Port of TLS; absent: not served. */
  https?: number | undefined
}

/** Most leases that one provider publishes at one relay. */
export const MAX_PUBLISHED_LEASES = 1024

const portSchema = z.int().min(1).max(65_535)
const publish = defineRequest({
  name: 'publish',
  request: z.strictObject({ leases: z.array(bytes32Schema).max(MAX_PUBLISHED_LEASES).readonly() }),
  response: z.strictObject({
    domain: z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/),
    http: portSchema.optional(),
    https: portSchema.optional(),
  }),
  maxRequestBytes: 128 * 1024,
  maxResponseBytes: 4 * 1024,
  timeoutMs: 20_000,
  limits: { maxStreams: 64, maxPerCaller: 2, rate: { perSecond: 2, burst: 20 } },
})

/**
 * Tells a relay which leases this provider serves; the list replaces the one before. The relay forgets it when the connection
 * is lost, see {@link keepPublished}.
 *
 * @throws {RefusedError} `notOperator`, `notReserved`, `notYourLease`
 * @example
 * const { domain } = await publishLeases(node, relay, { leases: [leaseId] }, signal) // 'relay.example'
 */
export function publishLeases(
  node: NetworkNode,
  relay: Dialable,
  request: { leases: readonly Hex[] },
  signal: AbortSignal,
): Promise<PublicDomain> {
  return callPeer(node, relay, publish, request, signal)
}

/** A provider's leases, told to all its relays. */
export type Publisher = {
  /** From now on these are published; told at once to the relays that hold a place. Wakes nobody if nothing changed. */
  set(leases: readonly Hex[]): void
  /** Where each relay said its public ingress is, as of now. */
  domains(): readonly (PublicDomain & { relay: Hex })[]
  /** Calls `listener` whenever a domain comes or goes, until the returned function is called. */
  onChange(listener: () => void): () => void
}

const REPUBLISH_PAUSE_MS = 2_000

/**
 * Tells each relay of this node its leases, again whenever they change or a place was lost and regained, until `signal` aborts.
 * A relay without a public ingress is left alone.
 */
export function keepPublished(node: NetworkNode, signal: AbortSignal): Publisher {
  let leases: readonly Hex[] = []
  let version = 0
  const told = new Map<Hex, { version: number; domain: PublicDomain }>()
  const busy = new Set<Hex>()
  const listeners = new Set<() => void>()
  const changed = () => {
    for (const listener of listeners) listener()
  }

  async function tell(relay: Dialable): Promise<void> {
    const telling = version
    const domain = await publishLeases(node, relay, { leases }, signal)
    told.set(relay.publicKey, { version: telling, domain })
    changed()
  }

  async function tellUntilDone(relay: Dialable): Promise<void> {
    const { publicKey } = relay
    if (busy.has(publicKey)) return
    busy.add(publicKey)
    try {
      while (!signal.aborted && holdsPlace(publicKey) && told.get(publicKey)?.version !== version) {
        try {
          await tell(relay)
        } catch (error) {
          if (signal.aborted) return
          node.view.log('warn', 'cannot publish leases at a relay', { relay: publicKey, error })
          if (!isRetryable(error)) return
          await delay(REPUBLISH_PAUSE_MS, undefined, { signal, ref: false }).catch(() => {})
        }
      }
    } finally {
      busy.delete(publicKey)
    }
  }

  const holdsPlace = (publicKey: Hex) =>
    node.relays().some(({ peer, reserved }) => reserved && peer.publicKey === publicKey)

  function update(): void {
    for (const { peer, reserved } of node.relays()) {
      if (reserved) void tellUntilDone(peer)
      else if (told.delete(peer.publicKey)) changed()
    }
  }

  const forget = node.onRelayChange(update)
  signal.addEventListener('abort', forget, { once: true })
  // Places that it holds already: where they serve visitors should be known before the first lease is.
  update()
  return {
    set(next) {
      if (next.length === leases.length && next.every((lease, index) => lease === leases[index])) return
      leases = [...next]
      version++
      update()
    },
    domains: () => [...told].map(([relay, { domain }]) => ({ relay, ...domain })),
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** What a relay's public ingress asks the relay. */
export type PublishedLeases = {
  /** The provider that published a lease and is connected. */
  find(lease: Hex): Dialable | undefined
  /** All leases that are published by connected providers. */
  leases(): readonly Hex[]
  stop(): Promise<void>
}

/**
 * Takes published leases from providers that hold a reservation here. `owns` asks the chain whether a lease is that
 * provider's; it is asked once per lease and connection.
 */
export async function serveRelayIngress(
  node: NetworkNode,
  relay: PublicDomain & { owns(lease: Hex, provider: bigint, signal: AbortSignal): Promise<boolean> },
): Promise<PublishedLeases> {
  const { owns, ...domain } = relay
  const byProvider = new Map<Hex, { leases: ReadonlySet<Hex>; from: Dialable }>()

  const prune = () => {
    for (const publicKey of byProvider.keys()) if (!node.relayServes(publicKey)) byProvider.delete(publicKey)
  }

  const stop = await servePeers(node, publish, async ({ leases }, { address, publicKey }, signal) => {
    prune()
    const provider = await node.view.providerOf(address, signal)
    if (provider === undefined) throw new DeniedError('notOperator', `${address} is not a provider's operator key`)
    if (!node.relayServes(publicKey)) {
      throw new DeniedError('notReserved', 'only a provider that holds a reservation here can publish leases')
    }
    const known = byProvider.get(publicKey)?.leases
    for (const lease of leases) {
      if (known?.has(lease) || (await owns(lease, provider, signal))) continue
      throw new DeniedError('notYourLease', `lease ${lease} is not served by provider ${provider}`)
    }
    byProvider.set(publicKey, { leases: new Set(leases), from: { publicKey, addresses: [] } })
    return domain
  })

  return {
    find(lease) {
      prune()
      for (const { leases, from } of byProvider.values()) if (leases.has(lease)) return from
      return undefined
    },
    leases() {
      prune()
      return [...byProvider.values()].flatMap(({ leases }) => [...leases])
    },
    stop,
  }
}
