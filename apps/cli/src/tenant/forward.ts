import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { retry } from '@tender/kit'
import { joinDuplexes } from '@tender/network'
import { TenderError } from '@tender/protocol'

/** A port here that leads to one of a lease's workload. */
export type Forward = { service: string; local: number; remote: number }

/** What happens to a forwarded port's connections. */
export type ForwardEvent =
  | { event: 'listening'; service: string; local: number; remote: number }
  | { event: 'opened' | 'closed'; service: string; local: number; remote: number; open: number; total: number }
  | { event: 'failed'; service: string; local: number; remote: number; reason: string; retrying: boolean }

export type ForwardOptions = {
  /** Opens a connection to the workload. */
  connect(forward: Forward): Promise<Duplex>
  onEvent(event: ForwardEvent): void
  signal: AbortSignal
}

/** A connection waits so long for a provider that restarts: as long as programs wait to connect. */
const ATTEMPTS = 8
const MAX_DELAY_MS = 5_000

/** Most connections at once through one port. */
const MAX_CONNECTIONS = 1_000

/**
 * Listens on 127.0.0.1 and carries each connection to the workload, until `signal` aborts.
 *
 * @returns what listens, with the port that was free where 0 was asked for
 * @throws {TenderError} `portTaken`
 */
export async function forwardPort(
  wanted: Forward,
  { connect, onEvent, signal }: ForwardOptions,
): Promise<{ forward: Forward; close(): void }> {
  const sockets = new Set<Socket>()
  let total = 0
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void carry(socket))
  server.maxConnections = MAX_CONNECTIONS
  const forward = { ...wanted, local: await listen(server, wanted.local) }

  async function carry(socket: Socket): Promise<void> {
    sockets.add(socket)
    total++
    onEvent({ event: 'opened', ...forward, open: sockets.size, total })
    const gone = new AbortController()
    socket.once('close', () => gone.abort())
    // A client that goes while its tunnel is being opened is no failure of anything.
    socket.on('error', () => {})
    const within = AbortSignal.any([signal, gone.signal])
    try {
      const tunnel = await openPatiently(within)
      await joinDuplexes(socket, tunnel, within)
    } catch (error) {
      if (!within.aborted) onEvent({ event: 'failed', ...forward, reason: reasonOf(error), retrying: false })
    } finally {
      socket.destroy()
      sockets.delete(socket)
      onEvent({ event: 'closed', ...forward, open: sockets.size, total })
    }
  }

  /** Only what the network is at fault for is tried again; a closed port is the workload's answer. */
  function openPatiently(within: AbortSignal): Promise<Duplex> {
    return retry(() => connect(forward), {
      signal: within,
      attempts: ATTEMPTS,
      maxDelayMs: MAX_DELAY_MS,
      onRetry: ({ error }) => onEvent({ event: 'failed', ...forward, reason: reasonOf(error), retrying: true }),
    })
  }

  function close(): void {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  onEvent({ event: 'listening', ...forward })
  return { forward, close }
}

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    // CAST: a TCP server that listens has such an address
    return (server.address() as AddressInfo).port
  } catch (cause) {
    throw new TenderError(`port ${port} of this machine cannot be listened on`, {
      code: 'portTaken',
      class: 'conflict',
      hint: `Choose another, e.g. 0:PORT for any that is free.`,
      cause,
    })
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
