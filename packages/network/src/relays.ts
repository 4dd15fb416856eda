import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Connection, Listener, PeerId } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { type Dialable, UnreachableError } from '@tender/protocol'
import type { Hex } from 'viem'
import { delay } from './delay.ts'
import { dialableAt, peerIdOfPublicKey } from './identity.ts'
import type { MarketLibp2p } from './libp2p.ts'
import type { Log } from './log.ts'
import { createPauses } from './pauses.ts'

/** One of a node's relays. */
export type RelayState = {
  peer: Dialable
  /** Whether it holds a place for this node now. */
  reserved: boolean
}

/** Keeps a place at each of a node's relays. */
export type Relays = {
  states(): readonly RelayState[]
  /** This node's addresses through the relays that hold a place for it now. */
  addresses(): Multiaddr[]
  onChange(listener: () => void): () => void
  /** Begins; until the node stops. */
  keep(peer: MarketLibp2p, listener: () => Listener): void
  /** Resolves once a relay holds a place; rejects soon if it is none of ours. */
  reservedAt(relay: PeerId): Promise<void>
}

type Relay = { addresses: readonly [Multiaddr, ...Multiaddr[]]; peer: Dialable; reserved: boolean }

const DIAL_TIMEOUT_MS = 10_000
/** A connection that comes through a relay before our own record of its place waits so long. */
const SETTLE_TIMEOUT_MS = 5_000
const POLL_MS = 10

/** Not yet begun. `addresses` name their peers; several of one peer are one relay. @throws {ForeignKeyError} */
export function createRelays(addresses: readonly string[], { log, signal }: { log: Log; signal: AbortSignal }): Relays {
  const relays = relaysAt(addresses)
  const listeners = new Set<() => void>()
  let self = ''

  const setReserved = (relay: Relay, reserved: boolean) => {
    if (relay.reserved === reserved) return
    relay.reserved = reserved
    const fields = { address: relay.addresses[0].toString() }
    if (reserved) log('info', 'reachable through a relay', fields)
    else if (!signal.aborted) log('warn', 'lost the place at a relay', fields)
    for (const listener of listeners) listener()
  }

  const onChange = (listener: () => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  return {
    states: () => relays.map(({ peer, reserved }) => ({ peer, reserved })),
    addresses() {
      const ways = relays.flatMap(({ addresses, reserved }) =>
        reserved ? addresses.map((address, rank) => ({ address, rank })) : [],
      )
      // The first of each before the second of any: not all may be told.
      ways.sort((one, other) => one.rank - other.rank)
      return ways.map(({ address }) => address.encapsulate(`/p2p-circuit/p2p/${self}`))
    },
    onChange,

    keep(peer, createListener) {
      self = peer.peerId.toString()
      const identified = watchIdentified(peer)
      for (const relay of relays) {
        void keepOne(peer, createListener(), relay, {
          log,
          signal,
          identified,
          setReserved: (reserved) => setReserved(relay, reserved),
        })
      }
    },

    async reservedAt(id) {
      const relay = relays.find(({ peer }) => peerIdOfPublicKey(peer.publicKey).equals(id))
      if (!relay)
        throw new UnreachableError('a peer that is no relay of ours brought a connection', { code: 'notARelay' })
      const { promise, resolve } = Promise.withResolvers<void>()
      const check = () => relay.reserved && resolve()
      const forget = onChange(check)
      check()
      const tooLate = AbortSignal.timeout(SETTLE_TIMEOUT_MS)
      await Promise.race([promise, aborted(tooLate)]).finally(forget)
    },
  }
}

function relaysAt(texts: readonly string[]): Relay[] {
  const relays = new Map<Hex, Relay>()
  for (const text of texts) {
    const peer = dialableAt(text)
    const known = relays.get(peer.publicKey)
    relays.set(
      peer.publicKey,
      known
        ? {
            ...known,
            addresses: [...known.addresses, multiaddr(text)],
            peer: { ...peer, addresses: [...known.peer.addresses, text] },
          }
        : { addresses: [multiaddr(text)], peer, reserved: false },
    )
  }
  return [...relays.values()]
}

type Keeping = { log: Log; signal: AbortSignal; identified: Identified; setReserved(reserved: boolean): void }

async function keepOne(
  peer: MarketLibp2p,
  listener: Listener,
  { addresses }: Relay,
  { log, signal, identified, setReserved }: Keeping,
): Promise<void> {
  const pauses = createPauses()
  while (!signal.aborted) {
    try {
      const { address, connection } = await dialInTurn(peer, addresses, signal)
      await checkIsRelay(peer, connection, identified, AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]))
      await listener.listen(address.encapsulate('/p2p-circuit'))
      const startedMs = performance.now()
      setReserved(listener.getAddrs().length > 0)
      await emptied(listener, signal)
      setReserved(false)
      pauses.lost(performance.now() - startedMs)
    } catch (error) {
      if (signal.aborted) return
      log('warn', 'cannot get a place at a relay', { address: addresses[0].toString(), error })
    }
    await delay(pauses.next(), signal, { ref: false }).catch(() => {})
  }
}

/** One address after the other: an address at which nobody answers must not take the time of one that works. */
async function dialInTurn(peer: MarketLibp2p, addresses: Relay['addresses'], signal: AbortSignal) {
  let failure: unknown
  for (const address of addresses) {
    try {
      const within = AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)])
      return { address, connection: await peer.dial(address, { signal: within }) }
    } catch (error) {
      signal.throwIfAborted()
      failure = error
    }
  }
  throw failure
}

/** libp2p never again asks a relay that once did not speak the protocol, so it must not ask one that does not. */
async function checkIsRelay(
  peer: MarketLibp2p,
  connection: Connection,
  identified: Identified,
  signal: AbortSignal,
): Promise<void> {
  const protocols =
    (await identified.protocols(connection, signal)) ??
    (await peer.services.identify.identify(connection, { signal })).protocols
  if (!protocols.includes(RELAY_V2_HOP_CODEC)) {
    throw new UnreachableError('the peer is no relay', { code: 'notARelay', hint: 'It must be run with a relay.' })
  }
}

/** What libp2p's own question on every new connection was answered with; a peer answers one at a time. */
type Identified = {
  /** Waits a while for it; `undefined` if it does not come. */
  protocols(connection: Connection, signal: AbortSignal): Promise<readonly string[] | undefined>
}

function watchIdentified(peer: MarketLibp2p): Identified {
  const known = new WeakMap<Connection, readonly string[]>()
  peer.addEventListener('peer:identify', ({ detail }) => known.set(detail.connection, detail.protocols))
  return {
    async protocols(connection, signal) {
      const tooLate = AbortSignal.any([signal, AbortSignal.timeout(SETTLE_TIMEOUT_MS)])
      while (!known.has(connection) && !tooLate.aborted) await delay(POLL_MS, tooLate).catch(() => {})
      return known.get(connection)
    },
  }
}

/** Resolves once the listener has no address any more. */
async function emptied(listener: Listener, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const check = () => (listener.getAddrs().length === 0 || signal.aborted) && resolve()
  listener.addEventListener('listening', check)
  signal.addEventListener('abort', check)
  check()
  await promise
  listener.removeEventListener('listening', check)
  signal.removeEventListener('abort', check)
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}
