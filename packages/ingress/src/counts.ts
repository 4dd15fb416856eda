import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** What an ingress counts since it was started, and what is open now. For metrics. */
export type IngressCounts = {
  /** Visitors' connections now. */
  connections: number
  /** Connections that were closed at once, since there were too many. */
  refusedConnections: number
  /** Answered requests by the class of their status, e.g. `2xx`; also those that no workload answered. */
  requests: Readonly<Record<StatusClass, number>>
  /** From and to visitors, over connections to its own listeners: what relays bring is not among it. */
  receivedBytes: number
  sentBytes: number
}

export const statusClasses = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const
export type StatusClass = (typeof statusClasses)[number]

export type IngressCounter = {
  counts(): IngressCounts
  opened(connection: Duplex): void
  refused(): void
  answered(status: number): void
}

export function createCounter(): IngressCounter {
  const open = new Set<Duplex>()
  const requests: Record<StatusClass, number> = { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 }
  const closed = { receivedBytes: 0, sentBytes: 0 }
  let refusedConnections = 0
  const sockets = () => [...open].filter((connection) => connection instanceof Socket)

  return {
    counts: () => ({
      connections: open.size,
      refusedConnections,
      requests: { ...requests },
      receivedBytes: sockets().reduce((sum, { bytesRead }) => sum + bytesRead, closed.receivedBytes),
      sentBytes: sockets().reduce((sum, { bytesWritten }) => sum + bytesWritten, closed.sentBytes),
    }),
    opened(connection) {
      open.add(connection)
      connection.once('close', () => {
        open.delete(connection)
        if (!(connection instanceof Socket)) return
        closed.receivedBytes += connection.bytesRead
        closed.sentBytes += connection.bytesWritten
      })
    },
    refused() {
      refusedConnections++
    },
    answered(status) {
      const found = statusClasses[Math.floor(status / 100) - 1]
      if (found) requests[found]++
    },
  }
}
