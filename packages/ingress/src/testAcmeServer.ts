// What the library of certificates needs before it is loaded.
import 'reflect-metadata'
import { createHash, createPublicKey, type JsonWebKey, randomBytes, verify } from 'node:crypto'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import * as x509 from '@peculiar/x509'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { createTestAuthority, type TestAuthority } from './testCertificates.ts'
import { listening } from './testWorkload.ts'

/**
 * A certificate authority as RFC 8555 describes it, with what one order needs: nonces that count once, JWS that are checked,
 * HTTP-01 by really asking the host, and certificates for the key of the request only.
 */
export type TestAcmeServer = {
  directory: string
  authority: TestAuthority
  /** Hosts for which orders came. */
  ordered: string[]
  /** Validations that failed, with what was found. */
  unproved: string[]
  accounts(): number
  /** How long its certificates live; changed by tests. */
  life: { notBefore?: Date; notAfter?: Date }
  /** Refuses orders with this status and wait. */
  refusing: { status: number; retryAfter: string } | undefined
  /** Called before a host is asked for its proof. */
  beforeValidation: (token: string) => Promise<void>
}

const jwsSchema = z.strictObject({ protected: z.string(), payload: z.string(), signature: z.string() })
const protectedSchema = z.strictObject({
  alg: z.literal('ES256'),
  nonce: z.string(),
  url: z.string(),
  jwk: z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string() }).optional(),
  kid: z.string().optional(),
})
const newAccountSchema = z.object({
  termsOfServiceAgreed: z.literal(true),
  contact: z.array(z.string().startsWith('mailto:')).optional(),
})
const newOrderSchema = z.strictObject({
  identifiers: z.array(z.strictObject({ type: z.literal('dns'), value: z.string() })).length(1),
})
const finalizeSchema = z.strictObject({ csr: z.base64url() })

type Order = { account: string; host: string; token: string; status: string; authorization: string; chain?: string }

class Problem extends Error {
  readonly status: number
  readonly type: string
  readonly headers: Record<string, string>
  constructor(status: number, type: string, detail: string, headers = {}) {
    super(detail)
    this.status = status
    this.type = type
    this.headers = headers
  }
}

const fromBase64 = (text: string): unknown => JSON.parse(Buffer.from(text, 'base64url').toString())

/** @param portOf where a host's plain port 80 is on this machine */
export async function startTestAcmeServer(portOf: () => number): Promise<TestAcmeServer> {
  const authority = await createTestAuthority()
  const nonces = new Set<string>()
  const accounts = new Map<string, JsonWebKey>()
  const orders: Order[] = []
  let base = ''

  const acme: TestAcmeServer = {
    directory: '',
    authority,
    ordered: [],
    unproved: [],
    accounts: () => accounts.size,
    life: {},
    refusing: undefined,
    beforeValidation: async () => {},
  }

  function newNonce(): string {
    const nonce = randomBytes(16).toString('base64url')
    nonces.add(nonce)
    return nonce
  }

  /** RFC 8555, 6: who asks, and what. */
  async function opened(asked: IncomingMessage) {
    if (asked.headers['content-type'] !== 'application/jose+json') throw new Problem(415, 'malformed', 'not JOSE')
    const jws = jwsSchema.parse(JSON.parse(Buffer.concat(await asked.toArray()).toString()))
    const head = protectedSchema.parse(fromBase64(jws.protected))
    if (!nonces.delete(head.nonce)) throw new Problem(400, 'badNonce', 'unknown nonce')
    if (head.url !== base + asked.url) throw new Problem(401, 'unauthorized', 'for another URL')
    const key = head.jwk ?? accounts.get(head.kid ?? '')
    if (!key || (head.jwk && head.kid)) throw new Problem(400, 'accountDoesNotExist', 'no such account')
    const signed = Buffer.from(`${jws.protected}.${jws.payload}`)
    const publicKey = createPublicKey({ key, format: 'jwk' })
    const signature = Buffer.from(jws.signature, 'base64url')
    if (!verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)) {
      throw new Problem(400, 'malformed', 'the signature is wrong')
    }
    return { key, account: head.kid, payload: jws.payload === '' ? undefined : fromBase64(jws.payload) }
  }

  /** RFC 8555, 8.3. */
  async function validate(order: Order): Promise<void> {
    await acme.beforeValidation(order.token)
    const expected = `${order.token}.${thumbprint(accounts.get(order.account) ?? {})}`
    const found = await fetched(portOf(), order.host, `/.well-known/acme-challenge/${order.token}`)
    order.authorization = found === expected ? 'valid' : 'invalid'
    order.status = found === expected ? 'ready' : 'invalid'
    if (found !== expected) acme.unproved.push(found)
  }

  async function issue(order: Order, payload: unknown): Promise<void> {
    if (order.status !== 'ready') throw new Problem(403, 'orderNotReady', order.status)
    const csr = new x509.Pkcs10CertificateRequest(Buffer.from(finalizeSchema.parse(payload).csr, 'base64url'))
    const named = csr.extensions.find((extension) => extension instanceof x509.SubjectAlternativeNameExtension)
    const names = named?.names.toJSON() ?? []
    const isForHost = names.length === 1 && names[0]?.value === order.host
    if (!(await csr.verify()) || !isForHost) throw new Problem(400, 'badCSR', JSON.stringify(names))
    order.chain = (await authority.issue(order.host, { ...acme.life, publicKey: csr.publicKey })).chain
    order.status = 'valid'
  }

  const orderView = (order: Order, index: number) => ({
    status: order.status,
    identifiers: [{ type: 'dns', value: order.host }],
    authorizations: [`${base}/authz/${index}`],
    finalize: `${base}/finalize/${index}`,
    ...(order.chain !== undefined && { certificate: `${base}/certificate/${index}` }),
  })
  const challengeView = ({ token, authorization }: Order, index: number) => ({
    type: 'http-01',
    url: `${base}/challenge/${index}`,
    token,
    status: authorization,
  })

  async function answer(
    asked: IncomingMessage,
  ): Promise<{ status?: number; headers?: Record<string, string>; body?: unknown }> {
    const [, what, number] = (asked.url ?? '').split('/')
    if (what === 'directory') {
      const url = (name: string) => `${base}/${name}`
      return { body: { newNonce: url('nonce'), newAccount: url('account'), newOrder: url('order') } }
    }
    if (what === 'nonce') return {}
    const { key, account, payload } = await opened(asked)
    if (what === 'account') {
      newAccountSchema.parse(payload)
      const url = `${base}/accounts/${thumbprint(key)}`
      const status = accounts.has(url) ? 200 : 201
      accounts.set(url, key)
      return { status, headers: { location: url }, body: { status: 'valid' } }
    }
    if (account === undefined) throw new Problem(401, 'unauthorized', 'no account')
    if (what === 'accounts') {
      if (account !== base + asked.url) throw new Problem(401, 'unauthorized', "another's account")
      return { body: { status: 'valid' } }
    }
    if (what === 'order') {
      if (acme.refusing) {
        const { status, retryAfter } = acme.refusing
        throw new Problem(status, 'rateLimited', 'too many', { 'retry-after': retryAfter })
      }
      const [identifier] = newOrderSchema.parse(payload).identifiers
      const host = identifier?.value ?? ''
      acme.ordered.push(host)
      const token = randomBytes(24).toString('base64url')
      const order = { account, host, token, status: 'pending', authorization: 'pending' }
      const index = orders.push(order) - 1
      return { status: 201, headers: { location: `${base}/orders/${index}` }, body: orderView(order, index) }
    }
    const index = Number(number)
    const order = orders[index]
    if (order?.account !== account) throw new Problem(404, 'malformed', 'no such thing')
    switch (what) {
      case 'authz': {
        const { host: value, authorization: status } = order
        return { body: { identifier: { type: 'dns', value }, status, challenges: [challengeView(order, index)] } }
      }
      case 'challenge':
        if (payload !== undefined && order.authorization === 'pending') {
          order.authorization = 'processing'
          void validate(order)
        }
        return { body: challengeView(order, index) }
      case 'finalize':
        await issue(order, payload)
        return { body: orderView(order, index) }
      case 'orders':
        return { body: orderView(order, index) }
      case 'certificate':
        return { headers: { 'content-type': 'application/pem-certificate-chain' }, body: order.chain }
      default:
        throw new Problem(404, 'malformed', 'no such thing')
    }
  }

  const server = createServer((asked, response) => {
    const headers = { 'replay-nonce': newNonce() }
    answer(asked).then(
      ({ status = 200, body, headers: more }) => send(response, status, { ...headers, ...more }, body),
      (error) => {
        const { status, type, headers: more } = error instanceof Problem ? error : new Problem(400, 'malformed', '')
        const body = { type: `urn:ietf:params:acme:error:${type}`, detail: String(error) }
        send(response, status, { 'content-type': 'application/problem+json', ...headers, ...more }, body)
      },
    )
  })
  base = `http://127.0.0.1:${await listening(server)}`
  acme.directory = `${base}/directory`
  onTestFinished(() => server.closeAllConnections())
  return acme
}

function send(response: ServerResponse, status: number, headers: Record<string, string>, body: unknown): void {
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
}

/** RFC 7638. */
function thumbprint({ crv, kty, x, y }: JsonWebKey): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
}

function fetched(port: number, host: string, path: string): Promise<string> {
  return new Promise((resolve) => {
    const asking = request({ host: '127.0.0.1', port, path, headers: { host }, agent: false }, (response) => {
      response.toArray().then((parts) => resolve(Buffer.concat(parts).toString()), String)
    })
    asking.on('error', (error) => resolve(String(error)))
    asking.end()
  })
}
