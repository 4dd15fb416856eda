import {
  type CircuitRelayService,
  circuitRelayServer,
  RELAY_V2_HOP_CODEC,
  RELAY_V2_STOP_CODEC,
} from '@libp2p/circuit-relay-v2'
import type { Connection, ConnectionGater, PeerId } from '@libp2p/interface'
import { addressOfPeer } from './identity.ts'
import type { MarketView } from './market.ts'

/** How much a relay gives. */
export type RelayOptions = {
  /** Providers that may hold a place at once; default 128. */
  maxPlaces?: number
  /** Places for peers that are no providers, e.g. tenants who wait for bids behind a NAT; part of `maxPlaces`, default 0. */
  guestPlaces?: number
  /** Relayed connections of one peer at once, as the one who dials; default 32. */
  maxPerCaller?: number
  /** Relayed connections to one provider at once; default 256. */
  maxPerProvider?: number
}

const defaults = { maxPlaces: 128, guestPlaces: 0, maxPerCaller: 32, maxPerProvider: 256 }

/** How long a place is kept unless renewed; its holder renews it five minutes before. */
const PLACE_MS = 15 * 60_000
const LOOKUP_TIMEOUT_MS = 5_000

/** What a peer that is a relay runs, and what it lets through. */
export type RelayServer = {
  service: ReturnType<typeof circuitRelayServer>
  gater: ConnectionGater
}

type Peer = { services: { relay?: CircuitRelayService }; getConnections(peer?: PeerId): Connection[] }

/**
 * A relay for registered providers. A place has no limit of time or bytes; fair is that places and connections are counted, and
 * that each connection is held back at its own window, so none starves another.
 */
export function createRelayServer(options: RelayOptions, view: MarketView, peer: () => Peer): RelayServer {
  const { maxPlaces, guestPlaces, maxPerCaller, maxPerProvider } = { ...defaults, ...options }

  const isProvider = async (id: PeerId) =>
    (await view.providerOf(addressOfPeer(id), AbortSignal.timeout(LOOKUP_TIMEOUT_MS))) !== undefined

  const count = (id: PeerId, protocol: string, direction: 'inbound' | 'outbound') =>
    peer()
      .getConnections(id)
      .flatMap(({ streams }) => streams)
      .filter((stream) => stream.protocol === protocol && stream.direction === direction).length

  /** Guests are remembered by their places; whoever lost its connection has no place any more. */
  const guests = new Set<string>()
  const hasPlace = (id: string) =>
    [...(peer().services.relay?.reservations.keys() ?? [])].some((holder) => holder.toString() === id)

  async function denied(id: PeerId): Promise<boolean> {
    try {
      if (await isProvider(id)) return false
    } catch (error) {
      view.log('warn', 'cannot ask whether a peer is a provider', { peer: id.toString(), error })
      return true
    }
    for (const guest of guests) if (!hasPlace(guest)) guests.delete(guest)
    if (!guests.has(id.toString()) && guests.size >= guestPlaces) return true
    guests.add(id.toString())
    return false
  }

  return {
    service: circuitRelayServer({
      maxInboundHopStreams: maxPerCaller,
      maxOutboundStopStreams: maxPerProvider,
      reservations: { maxReservations: maxPlaces, reservationTtl: PLACE_MS, applyDefaultLimit: false },
    }),
    gater: {
      async denyInboundRelayReservation(id) {
        const refused = await denied(id)
        if (refused) view.log('info', 'refused a place at this relay', { peer: id.toString() })
        return refused
      },
      async denyOutboundRelayedConnection(caller, provider) {
        return (
          count(caller, RELAY_V2_HOP_CODEC, 'inbound') > maxPerCaller ||
          count(provider, RELAY_V2_STOP_CODEC, 'outbound') >= maxPerProvider
        )
      },
    },
  }
}
