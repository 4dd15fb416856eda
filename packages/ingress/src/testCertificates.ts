// What the library of certificates needs before it is loaded.
import 'reflect-metadata'
import { randomBytes } from 'node:crypto'
import * as x509 from '@peculiar/x509'

/** A certificate authority of a test. */
export type TestAuthority = {
  /** PEM. */
  root: string
  /** Signs a certificate for `publicKey`, or for a new key. PEM; the key is empty for a given public key. */
  issue(host: string, options?: Issue): Promise<{ chain: string; key: string }>
}

type Issue = { publicKey?: x509.PublicKey; notBefore?: Date; notAfter?: Date }

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000

const newKeys = () => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS)
const serialNumber = () => `01${randomBytes(8).toString('hex')}`

export async function createTestAuthority(): Promise<TestAuthority> {
  const keys = await newKeys()
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=Test authority',
    notBefore: inDays(-1),
    notAfter: inDays(90),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  })
  return {
    root: root.toString('pem'),
    async issue(host, { publicKey, notBefore = inDays(-1), notAfter = inDays(89) } = {}) {
      const own = publicKey ? undefined : await newKeys()
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: '',
        issuer: root.subject,
        notBefore,
        notAfter,
        signingAlgorithm: algorithm,
        publicKey: publicKey ?? (own ?? keys).publicKey,
        signingKey: keys.privateKey,
        extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: host }], true)],
      })
      const key = own ? await crypto.subtle.exportKey('pkcs8', own.privateKey) : new ArrayBuffer(0)
      const chain = `${certificate.toString('pem')}\n${root.toString('pem')}\n`
      return { chain, key: own ? x509.PemConverter.encode(key, 'PRIVATE KEY') : '' }
    },
  }
}
