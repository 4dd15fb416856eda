import type { SecureContext } from 'node:tls'

/** Where the ingress takes certificates from. */
export type Certificates = {
  /**
   * What to end a TLS connection to `host` with; `undefined` if there is no certificate for it, and then the log says why. Asked
   * only for hosts that have a route. May take as long as it takes to get a certificate.
   */
  contextFor(host: string, signal: AbortSignal): Promise<SecureContext | undefined>
  /** True if there is a certificate for `host` now. */
  has(host: string): boolean
  /** What proves to a certificate authority that `host` is served here (RFC 8555, 8.3); `undefined` for a token that is not ours. */
  challenge(host: string, token: string): string | undefined
}
