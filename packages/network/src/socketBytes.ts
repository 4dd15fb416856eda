import { Socket } from 'node:net'
import type { Transport } from '@libp2p/interface'

type Upgrader = Parameters<Transport['dial']>[1]['upgrader']

/** How much went over a transport's sockets, also over those that are closed. */
export type SocketBytes = {
  totals(): { receivedBytes: number; sentBytes: number }
  /** Counts the sockets of the connections that `upgrader` takes. */
  counting(upgrader: Upgrader): Upgrader
}

export function createSocketBytes(): SocketBytes {
  const open = new Set<Socket>()
  const closed = { receivedBytes: 0, sentBytes: 0 }

  function watch(connection: object): void {
    if (!('socket' in connection && connection.socket instanceof Socket)) return
    const { socket } = connection
    open.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      closed.receivedBytes += socket.bytesRead
      closed.sentBytes += socket.bytesWritten
    })
  }

  return {
    totals() {
      const sockets = [...open]
      return {
        receivedBytes: sockets.reduce((sum, { bytesRead }) => sum + bytesRead, closed.receivedBytes),
        sentBytes: sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, closed.sentBytes),
      }
    },
    counting(upgrader) {
      const upgradeInbound: Upgrader['upgradeInbound'] = (connection, options) => {
        watch(connection)
        return upgrader.upgradeInbound(connection, options)
      }
      const upgradeOutbound: Upgrader['upgradeOutbound'] = (connection, options) => {
        watch(connection)
        return upgrader.upgradeOutbound(connection, options)
      }
      return Object.create(upgrader, {
        upgradeInbound: { value: upgradeInbound },
        upgradeOutbound: { value: upgradeOutbound },
      })
    },
  }
}
