import type { Duplex } from 'node:stream'
import { alerts, type Hello, parseClientHello } from './parseClientHello.ts'

/** Six times what browsers send with the largest keys of today. */
const MAX_HELLO_BYTES = 16 * 1024

/**
 * Waits for a TLS connection's first message, and puts it back: the next reader finds the connection as it came. `undefined`:
 * it was closed before it said enough, or `limitMs` passed.
 */
export async function readClientHello(
  connection: Duplex,
  limitMs: number,
): Promise<Exclude<Hello, { state: 'more' }> | undefined> {
  const { promise, resolve } = Promise.withResolvers<Exclude<Hello, { state: 'more' }> | undefined>()
  let bytes = Buffer.alloc(0)
  const gone = () => resolve(undefined)
  const timeout = setTimeout(gone, limitMs)
  const heard = (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    const hello = parseClientHello(bytes)
    if (hello.state !== 'more') resolve(hello)
    else if (bytes.length > MAX_HELLO_BYTES) resolve({ state: 'bad', alert: alerts.recordOverflow })
    else return
    connection.pause()
    connection.off('data', heard)
    connection.unshift(bytes)
  }
  connection.on('data', heard)
  connection.on('end', gone)
  connection.on('close', gone)
  try {
    return await promise
  } finally {
    clearTimeout(timeout)
    connection.off('data', heard)
    connection.off('end', gone)
    connection.off('close', gone)
  }
}
