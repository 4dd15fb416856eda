import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import { TenderError } from '@tender/protocol/errors'

/** A certificate with its chain and its key, ready to be used. */
export type Loaded = { context: SecureContext; certificate: X509Certificate }

/**
 * @param chain PEM, the host's own certificate first
 * @param key PEM
 * @throws {TenderError} `badCertificate`
 */
export function loadCertificate(chain: string, key: string): Loaded {
  try {
    const certificate = new X509Certificate(chain)
    if (!certificate.checkPrivateKey(createPrivateKey(key)))
      throw new TypeError('the key is not that of the certificate')
    return { certificate, context: createSecureContext({ cert: chain, key, minVersion: 'TLSv1.2' }) }
  } catch (cause) {
    throw new TenderError('the certificate cannot be used', {
      code: 'badCertificate',
      class: 'user',
      hint: 'Both files must be PEM: the chain with the host’s own certificate first, and the key that belongs to it.',
      cause,
    })
  }
}

/** Why clients would not take the certificate for `host` now; `undefined` if they would, as far as can be seen from here. */
export function flawOf({ certificate }: Loaded, host: string): string | undefined {
  const now = Date.now()
  if (certificate.checkHost(host, { subject: 'never' }) === undefined) return `it is for ${certificate.subjectAltName}`
  if (certificate.validFromDate.getTime() > now) return `it is valid from ${certificate.validFrom} only`
  if (certificate.validToDate.getTime() <= now) return `it ended on ${certificate.validTo}`
  return undefined
}
