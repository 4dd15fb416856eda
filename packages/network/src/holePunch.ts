import { dcutr } from '@libp2p/dcutr'
import type { Connection } from '@libp2p/interface'
import { intercept } from './registrar.ts'

type Service = ReturnType<typeof dcutr>

/** Streams of a market's protocols; what else runs on a connection (identify, ping, gossip) may be cut. */
const ours = (connection: Connection) => connection.streams.filter(({ protocol }) => protocol.startsWith('/tender/'))

/**
 * libp2p's DCUtR: two peers that met through a relay try to connect directly. It closes the relayed connection as soon as that
 * worked, whatever runs on it; here that waits until our streams on it have ended. New ones take the direct connection.
 */
export function holePunching(): Service {
  return (components) => dcutr()(intercept(components, { stream: closedOnceIdle, connection: closedOnceIdle }))
}

function closedOnceIdle(connection: Connection): Connection {
  return Object.create(connection, { close: { value: () => void closeOnceIdle(connection) } })
}

/** Closes a connection as soon as none of our streams runs on it. */
export async function closeOnceIdle(connection: Connection): Promise<void> {
  for (let [stream] = ours(connection); stream && connection.status === 'open'; [stream] = ours(connection)) {
    const { promise, resolve } = Promise.withResolvers<void>()
    stream.addEventListener('close', () => resolve(), { once: true })
    connection.addEventListener('close', () => resolve(), { once: true })
    if (stream.status === 'open' || stream.status === 'closing') await promise
    // The muxer forgets the stream in the same turn, but after this listener.
    await new Promise(setImmediate)
  }
  await connection.close().catch((error) => connection.abort(error))
}
