import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { isPublicAddress, lookupPublic, privateAddress } from '@tender/kit'
import type { ProbeOptions } from './httpProbe.ts'
import { addressIn } from './leaseUrl.ts'
import { bad, good, type ProbeResult, wordsOf } from './probeResult.ts'

/**
 * Connects by TCP to a lease that ends TLS itself, and shakes hands: an ingress finds a lease by the name in the handshake, so a
 * bare connection would only show that the ingress is there.
 */
export async function probeTls(
  { hostname, port }: URL,
  { timeoutMs, localAddress, allowPrivate }: ProbeOptions,
  signal: AbortSignal,
): Promise<ProbeResult> {
  signal.throwIfAborted()
  const host = addressIn(hostname)
  const startedMs = performance.now()
  const elapsed = () => performance.now() - startedMs
  if (!allowPrivate && isIP(host) && !isPublicAddress(host)) return bad(0, privateAddress(host).code)
  const { promise, resolve } = Promise.withResolvers<ProbeResult>()
  const socket = connect({
    host,
    port: port === '' ? 443 : Number(port),
    servername: hostname,
    rejectUnauthorized: false,
    ...(localAddress && { localAddress }),
    ...(!allowPrivate && { lookup: lookupPublic }),
  })
  const timer = setTimeout(() => resolve(bad(elapsed(), 'it did not answer in time')), timeoutMs)
  const abort = () => resolve(bad(elapsed(), 'aborted'))
  signal.addEventListener('abort', abort, { once: true })
  socket.on('secureConnect', () => resolve(good(elapsed())))
  socket.on('error', (error) => resolve(bad(elapsed(), wordsOf(error))))
  socket.on('close', () => resolve(bad(elapsed(), 'it hung up')))
  const result = await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', abort)
  socket.destroy()
  signal.throwIfAborted()
  return result
}
