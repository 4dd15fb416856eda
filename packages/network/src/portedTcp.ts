import { randomInt } from 'node:crypto'
import type { Connection, PeerId, Transport } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import { reachOf } from './addresses.ts'
import { createSocketBytes, type SocketBytes } from './socketBytes.ts'

type Components = Parameters<ReturnType<typeof tcp>>[0]
type Upgrader = Parameters<Transport['dial']>[1]['upgrader']

/** TCP that knows which port of this host each connection was dialled from, so that a second one can be dialled from there. */
export type PortedTcp = {
  /** What went over all of its connections. */
  bytes: SocketBytes['totals']
  transport(components: Components & { upgrader: Upgrader }): Transport
  /** `undefined` for a connection that was accepted, or dialled from a port of the kernel's choice. */
  portOf(connection: Connection): number | undefined
  /**
   * Dials from a port that another connection was dialled from, while the other side does the same towards us. One of the two is
   * the `responder` of the handshake. @throws if nobody, or somebody else, is there
   */
  dialFrom(
    port: number,
    to: { address: Multiaddr; peer: PeerId; responder: boolean },
    signal: AbortSignal,
  ): Promise<Connection>
}

/** Below those that the kernel gives, so that no other program is on one by chance. */
const FIRST_PORT = 16_384
const PORTS = 16_384

/** See {@link PortedTcp}. Node says `SO_REUSEADDR` for a port that it was told, which lets two dialling sockets share it. */
export function createPortedTcp(): PortedTcp {
  const ports = new WeakMap<Connection, number>()
  let inner: Transport | undefined
  let upgrader: Upgrader | undefined
  const bytes = createSocketBytes()

  return {
    bytes: bytes.totals,
    portOf: (connection) => ports.get(connection),

    transport(components) {
      const plain: Transport = tcp()(components)
      inner = plain
      upgrader = components.upgrader
      const dial: Transport['dial'] = async (address, given) => {
        const options = { ...given, upgrader: bytes.counting(given.upgrader) }
        if (reachOf(address) !== 'public') return plain.dial(address, options)
        const localPort = FIRST_PORT + randomInt(PORTS)
        const from = { ...options, localPort }
        try {
          const connection = await plain.dial(address, from)
          ports.set(connection, localPort)
          return connection
        } catch (error) {
          if (!isTaken(error)) throw error
          return plain.dial(address, options)
        }
      }
      const createListener: Transport['createListener'] = (options) =>
        plain.createListener({ ...options, upgrader: bytes.counting(options.upgrader) })
      return Object.create(plain, { dial: { value: dial }, createListener: { value: createListener } })
    },

    async dialFrom(localPort, { address, peer, responder }, signal) {
      if (!inner || !upgrader) throw new Error('not started')
      const own = responder ? responding(upgrader) : upgrader
      const options = { signal, upgrader: bytes.counting(own), localPort }
      const connection = await inner.dial(address.encapsulate(`/p2p/${peer}`), options)
      if (connection.remotePeer.equals(peer)) return connection
      connection.abort(new Error('somebody else answered'))
      throw new Error('somebody else answered')
    },
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EADDRNOTAVAIL')
}

/** Both sides of a connection that was opened from both dial; one has to take the part of who was dialled. */
function responding(upgrader: Upgrader): Upgrader {
  const upgradeOutbound: Upgrader['upgradeOutbound'] = (connection, options) =>
    upgrader.upgradeOutbound(Object.assign(connection, { direction: 'inbound' }), { ...options, initiator: false })
  return Object.create(upgrader, { upgradeOutbound: { value: upgradeOutbound } })
}
