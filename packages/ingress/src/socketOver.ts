import { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/** A stream with the few powers of a socket that `node:http` uses. */
export type SocketLike = Duplex & Pick<Socket, 'setTimeout' | 'setKeepAlive' | 'setNoDelay' | 'ref' | 'unref'>

/**
 * Lets `node:http` use any stream, as one through a relay, like a socket: it then has an idle timeout. A socket stays itself.
 *
 * @example
 * server.emit('connection', socketOver(stream))
 */
export function socketOver(stream: Duplex): SocketLike {
  return stream instanceof Socket ? stream : wrapped(stream)
}

function wrapped(stream: Duplex): SocketLike {
  let idle: NodeJS.Timeout | undefined
  const socket = new Duplex({
    read: () => void stream.resume(),
    write(chunk, _, done) {
      idle?.refresh()
      stream.write(chunk, done)
    },
    final: (done) => void stream.end(done),
    destroy(error, done) {
      clearTimeout(idle)
      stream.destroy()
      done(error)
    },
  })
  stream.on('data', (chunk) => {
    idle?.refresh()
    if (!socket.push(chunk)) stream.pause()
  })
  stream.on('end', () => socket.push(null))
  stream.on('error', (error) => socket.destroy(error))
  // What was read before a clean end is still to be taken.
  stream.on('close', () => stream.readableEnded || socket.destroy())
  stream.pause()

  const same = () => like
  const like: SocketLike = Object.assign(socket, {
    setTimeout(limitMs: number, listener?: () => void) {
      clearTimeout(idle)
      idle = limitMs > 0 ? setTimeout(() => socket.emit('timeout'), limitMs) : undefined
      // As sockets do: no limit, no listener.
      if (listener && limitMs > 0) socket.once('timeout', listener)
      else if (listener) socket.off('timeout', listener)
      return like
    },
    setKeepAlive: same,
    setNoDelay: same,
    ref: same,
    unref: same,
    // CAST: `node:http` chains none of them; whoever does gets the stream itself.
  }) as unknown as SocketLike
  return like
}
