import { bytes32Schema, type Dialable } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import { delay } from '../delay.ts'
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

/** A relay may not have seen a new lease's block yet; one that serves nobody in public is asked ever less often. */
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000

/**
 * Tells each relay of this node its leases, again whenever they change or a place was lost and regained, until `signal` aborts.
 */
export function keepPublished(node: NetworkNode, signal: AbortSignal): Publisher {
  let leases: readonly Hex[] = []
  /** By relay, while it holds a place; a new place is a new object, so that nothing said of the one before counts. */
  const places = new Map<Hex, Place>()
  const listeners = new Set<() => void>()
  const changed = () => {
    for (const listener of listeners) listener()
  }

  async function tell(relay: Dialable, place: Place): Promise<void> {
    const current = () => places.get(relay.publicKey) === place && !signal.aborted
    if (place.telling) return
    place.telling = true
    let pauseMs = FIRST_PAUSE_MS
    while (current() && place.told !== leases) {
      const telling = leases
      try {
        place.domain = await publishLeases(node, relay, { leases: telling }, signal)
        place.told = telling
        if (current()) changed()
      } catch (error) {
        if (!current()) break
        const level = pauseMs === FIRST_PAUSE_MS ? 'warn' : 'debug'
        node.view.log(level, 'cannot publish leases at a relay', { relay: relay.publicKey, error })
        await delay(pauseMs, signal, { ref: false }).catch(() => {})
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
      }
    }
    place.telling = false
  }

  function update(): void {
    for (const { peer, reserved } of node.relays()) {
      const place = places.get(peer.publicKey) ?? { telling: false }
      if (reserved) {
        places.set(peer.publicKey, place)
        void tell(peer, place)
      } else if (places.delete(peer.publicKey) && place.domain) {
        changed()
      }
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
      update()
    },
    domains: () => [...places].flatMap(([relay, { domain }]) => (domain ? [{ relay, ...domain }] : [])),
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** What a relay was told while it held one place, and what it said. */
type Place = { telling: boolean; told?: readonly Hex[]; domain?: PublicDomain }

/** What a relay's public ingress asks the relay. */
export type PublishedLeases = {
  /** The provider that published a lease and is connected. */
  find(lease: Hex): Dialable | undefined
  /** All leases that were published, also of providers that are gone; the same array until one publishes. */
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
  /** What was published, together; made anew when it changes, so that a visitor costs one look. */
  let owners: ReadonlyMap<Hex, Dialable> = new Map()
  let all: readonly Hex[] = []

  const prune = () => {
    for (const publicKey of byProvider.keys()) if (!node.relayServes(publicKey)) byProvider.delete(publicKey)
  }

  function keep(publicKey: Hex, leases: readonly Hex[]): void {
    byProvider.set(publicKey, { leases: new Set(leases), from: { publicKey, addresses: [] } })
    owners = new Map([...byProvider.values()].flatMap(({ leases, from }) => [...leases].map((lease) => [lease, from])))
    all = [...owners.keys()]
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
    keep(publicKey, leases)
    return domain
  })

  return {
    find(lease) {
      const from = owners.get(lease)
      return from && node.relayServes(from.publicKey) ? from : undefined
    },
    leases: () => all,
    stop,
  }
}
