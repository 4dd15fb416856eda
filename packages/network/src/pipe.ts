import { type Logger, type MultiaddrConnection, type Transport, transportSymbol } from '@libp2p/interface'
import { AbstractMultiaddrConnection } from '@libp2p/utils'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { UnreachableError } from '@tender/protocol'
import { CHUNK_BYTES } from './chunks.ts'
import type { Libp2pComponents } from './platform.ts'

// A page cannot open TCP connections. A gateway's pipe is a WebSocket whose bytes are those of a TCP connection to the peer that is
// named in its address. Noise runs between the page and that peer, so the gateway carries what it cannot read.

/** Bytes that wait to be sent; above this the sender waits. A WebSocket has no event for it, so it is looked at now and then. */
const HIGH_WATER_BYTES = 512 * 1024
const DRAIN_POLL_MS = 20

/** How a WebSocket says that all went well, and that it did not. */
const CLOSE_NORMAL = 1000

/** The transport, and what went over its connections. */
export type PipeTransport = {
  transport(components: Libp2pComponents): Transport
  bytes(): { receivedBytes: number; sentBytes: number }
}

/**
 * Dials TCP addresses through a gateway's pipe.
 *
 * @param url of the pipe, e.g. `wss://gateway.example/v1/pipe`
 */
export function createPipeTransport(url: string): PipeTransport {
  const totals = { receivedBytes: 0, sentBytes: 0 }
  return {
    bytes: () => ({ ...totals }),
    transport: ({ logger }) => ({
      [transportSymbol]: true,
      [Symbol.toStringTag]: '@tender/pipe',
      listenFilter: () => [],
      dialFilter: (addresses) => addresses.filter(isTcp),
      createListener() {
        throw new Error('a page cannot be listened at')
      },
      async dial(address, options) {
        const socket = await openSocket(`${url}?peer=${encodeURIComponent(address.toString())}`, options.signal)
        const connection = createPipeConnection(socket, { address, log: logger.forComponent('tender:pipe'), totals })
        try {
          return await options.upgrader.upgradeOutbound(connection, options)
        } catch (error) {
          connection.abort(error instanceof Error ? error : new Error('not upgraded', { cause: error }))
          throw error
        }
      },
    }),
  }
}

/** What a pipe can be asked for: a host, TCP, and perhaps who is there; nothing that goes on from there. */
export function isTcp(address: Multiaddr): boolean {
  const [host, port, peer, ...rest] = address.getComponents().map(({ name }) => name)
  const isHost = host !== undefined && ['ip4', 'ip6', 'dns', 'dns4', 'dns6'].includes(host)
  return isHost && port === 'tcp' && (peer === undefined || peer === 'p2p') && rest.length === 0
}

/** @throws {UnreachableError} what the gateway refuses it does not say to a page: browsers hide it */
function openSocket(url: string, signal: AbortSignal): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const socket = new WebSocket(url)
    socket.binaryType = 'arraybuffer'
    const done = () => {
      socket.removeEventListener('open', opened)
      socket.removeEventListener('close', failed)
      signal.removeEventListener('abort', aborted)
    }
    const opened = () => {
      done()
      resolve(socket)
    }
    const failed = () => {
      done()
      reject(new UnreachableError('the gateway does not carry bytes to that peer', { code: 'pipeRefused' }))
    }
    const aborted = () => {
      done()
      socket.close()
      reject(signal.reason)
    }
    socket.addEventListener('open', opened)
    socket.addEventListener('close', failed)
    signal.addEventListener('abort', aborted, { once: true })
  })
}

type ConnectionInit = { address: Multiaddr; log: Logger; totals: { receivedBytes: number; sentBytes: number } }

function createPipeConnection(socket: WebSocket, { address, log, totals }: ConnectionInit): MultiaddrConnection {
  const connection = new PipeConnection(socket, {
    remoteAddr: multiaddr(address.toString()),
    log,
    direction: 'outbound',
  })
  socket.addEventListener('message', ({ data }) => {
    if (!(data instanceof ArrayBuffer)) return connection.abort(new Error('the gateway sent text'))
    totals.receivedBytes += data.byteLength
    connection.onData(new Uint8Array(data))
  })
  socket.addEventListener('close', ({ code, wasClean }) => {
    if (wasClean && code === CLOSE_NORMAL) connection.onTransportClosed()
    else connection.onTransportClosed(new Error(`the gateway closed the pipe (${code})`))
  })
  connection.onSent = (bytes) => {
    totals.sentBytes += bytes
  }
  return connection
}

/** libp2p takes a connection only as a class of its own. What arrives cannot be held back here; each stream's window bounds it. */
class PipeConnection extends AbstractMultiaddrConnection {
  onSent: (bytes: number) => void = () => {}
  readonly #socket: WebSocket

  constructor(socket: WebSocket, init: ConstructorParameters<typeof AbstractMultiaddrConnection>[0]) {
    super(init)
    this.#socket = socket
  }

  override sendData(data: Parameters<AbstractMultiaddrConnection['sendData']>[0]): {
    sentBytes: number
    canSendMore: boolean
  } {
    const bytes = data.slice()
    for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) this.#socket.send(bytes.subarray(at, at + CHUNK_BYTES))
    this.onSent(data.byteLength)
    const canSendMore = this.#socket.bufferedAmount < HIGH_WATER_BYTES
    if (!canSendMore) this.#awaitDrain()
    return { sentBytes: data.byteLength, canSendMore }
  }

  override async sendClose(): Promise<void> {
    this.#socket.close(CLOSE_NORMAL)
  }

  override sendReset(): void {
    this.#socket.close()
  }

  override sendPause(): void {}

  override sendResume(): void {}

  #awaitDrain(): void {
    const timer = setInterval(() => {
      const { readyState, bufferedAmount } = this.#socket
      if (readyState === WebSocket.OPEN && bufferedAmount >= HIGH_WATER_BYTES) return
      clearInterval(timer)
      if (readyState === WebSocket.OPEN) this.safeDispatchEvent('drain')
    }, DRAIN_POLL_MS)
  }
}
