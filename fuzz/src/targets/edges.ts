import { once } from 'node:events'
import { duplexPair } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { type Route, routes } from '@tender/api'
import { createEventParser } from '@tender/api/testParsers'
import { clientOf, createCursors, isAllowedQuery, readTarget, signInOf } from '@tender/gateway/testParsers'
import { type LeaseHost, parseLeaseHost, serviceLabel } from '@tender/ingress'
import { headersFor, parseClientHello } from '@tender/ingress/testParsers'
import { z } from 'zod'
import { attempt, bytesOf, must, type Target, textOf } from '../target.ts'
import { jsonOf, textsOf } from './manifests.ts'

const INGRESS = 'packages/ingress/src/'
const GATEWAY = 'apps/gateway/src/'

/** What Node's client says first. */
async function helloOf(servername: string): Promise<Uint8Array> {
  const [near, far] = duplexPair()
  const client = connectTls({ socket: near, servername }).on('error', () => {})
  const [bytes]: unknown[] = await once(far, 'data')
  client.destroy()
  return bytes instanceof Uint8Array ? new Uint8Array(bytes) : new Uint8Array()
}

const hello: Target = {
  name: 'client-hello',
  format: 'bytes',
  maxBytes: 20 * 1024,
  code: [`${INGRESS}parseClientHello.ts`],
  seeds: async () => {
    const whole = await helloOf('web.example.org')
    const inTwo = [whole.subarray(5, 100), whole.subarray(100)]
    const records = inTwo.map((part) =>
      Buffer.concat([Uint8Array.of(22, 3, 1, part.length >> 8, part.length & 255), part]),
    )
    return [whole, new Uint8Array(Buffer.concat(records))]
  },
  run(input) {
    const said = parseClientHello(Buffer.from(input))
    // What is not enough yet is nothing else than what all of it says.
    const start = parseClientHello(Buffer.from(input.subarray(0, input.length >> 1)))
    if (start.state !== 'more') must(start.state === said.state, 'a beginning says what the whole does not')
    if (said.state !== 'hello') return false
    must(
      said.serverName === undefined || /^[a-z0-9_.-]{1,253}$/.test(said.serverName),
      `the host ${said.serverName} was taken`,
    )
    return true
  },
}

const hosts: Target = {
  name: 'hosts',
  format: 'text',
  maxBytes: 1024,
  code: [`${INGRESS}leaseHost.ts`],
  seeds: () => ['r45gk2abcdef.example.org', 'api-r45gk2abcdef.example.org:80', 'My_API.v2'].map(bytesOf),
  run(input) {
    const text = textOf(input)
    const { label, service }: LeaseHost = parseLeaseHost(text)
    must(service === undefined || text.startsWith(`${service}-${label}`), 'a host was read as another')
    must(/^[a-z0-9-]{1,50}$/.test(serviceLabel(text)), `${serviceLabel(text)} is no part of a host`)
    return service !== undefined
  },
}

/** Pairs of a request's headers as Node gives them: names in lower case, values without line breaks. */
function headersOf(pairs: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const [name = '', value = ''] = [pairs[at]?.toLowerCase(), pairs[at + 1]]
    if (/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) && !/[\r\n\0]/.test(value)) Object.assign(headers, { [name]: value })
  }
  return headers
}

const headers: Target = {
  name: 'http-headers',
  format: 'json',
  maxBytes: 8 * 1024,
  code: [`${INGRESS}headers.ts`],
  seeds: () => [
    bytesOf(
      JSON.stringify([
        ...[
          'host',
          'x.org',
          'connection',
          'x-a, keep-alive',
          'x-a',
          '1',
          'x-forwarded-for',
          '10.0.0.1',
          'te',
          'trailers',
        ],
        ...['transfer-encoding', 'chunked', 'trailer', 'x-sum', 'content-length', '5', 'x-real-ip', '1.1.1.1'],
      ]),
    ),
  ],
  run(input) {
    const given = headersOf(textsOf(jsonOf(input)?.value))
    const passed = headersFor(given, { address: '203.0.113.7', secure: true, trusted: false })
    must(passed['x-forwarded-for'] === '203.0.113.7', 'a visitor says where it came from')
    must(passed['x-forwarded-proto'] === 'https' && passed['x-real-ip'] === undefined, 'a visitor says how it came')
    must(passed.connection === undefined && passed.upgrade === undefined, 'a header of one connection was passed on')
    return Object.keys(given).length > 0
  },
}

const cursors = [
  createCursors('leases', z.tuple([z.int().min(0)])),
  createCursors('drafts', z.tuple([z.int().min(0), z.string().regex(/^[\w-]{1,32}$/)])),
] as const

const cursor: Target = {
  name: 'cursor',
  format: 'text',
  maxBytes: 2 * 1024,
  code: [`${GATEWAY}api/queries/cursor.ts`],
  seeds: () => [cursors[0].write([5]), cursors[1].write([5, 'abc'])].map(bytesOf),
  run(input) {
    const read = cursors.map((one) => attempt(() => one.read(textOf(input)))?.value)
    must(read.filter((value) => value !== undefined).length < 2, 'a cursor of two lists')
    return read.some((value) => value !== undefined)
  },
}

const allRoutes: readonly (readonly [string, Route])[] = Object.entries(routes)

const parameters: Target = {
  name: 'api-input',
  format: 'json',
  maxBytes: 8 * 1024,
  code: ['packages/api/src/schemas/', 'packages/api/src/routes.ts'],
  words: ['0x', 'running', 'newest', 'text/csv'],
  seeds: () =>
    allRoutes.map(([name, { params, query, body }]) =>
      bytesOf(JSON.stringify([name, keysOf(params), keysOf(query), keysOf(body)])),
    ),
  run(input) {
    const value = jsonOf(input)?.value
    const [name, params, query, body] = Array.isArray(value) ? value : []
    const route = allRoutes.find(([own]) => own === name)?.[1]
    if (!route) return false
    const schemas = [route.params, route.query, route.body]
    return [params, query, body].every((given, at) => schemas[at]?.safeParse(given).success ?? true)
  },
}

/** Something for each key of a schema; rarely right, but of the right shape. */
function keysOf(schema: { shape: object } | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.keys(schema?.shape ?? {}).map((key) => [key, /id|era|limit/.test(key) ? '1' : `0x${'11'.repeat(20)}`]),
  )
}

const graphql: Target = {
  name: 'graphql',
  format: 'text',
  maxBytes: 16 * 1024,
  code: [`${GATEWAY}api/graphql/limitsRule.ts`],
  words: ['{ ', ' }', '...f ', 'fragment f on Lease ', 'nodes', 'first: 200', '__schema', 'a: ', '... on Lease'],
  seeds: () =>
    [
      '{ market { chainId } }',
      'query Q($n: Int) { leases(first: $n) { nodes { id order { leaseInfos { id } } } next } }',
      'fragment f on Lease { id ...g } fragment g on Lease { provider { id } } { leases { nodes { ...f a: id } } }',
      '{ __schema { types { name fields { name type { name ofType { name } } } } } }',
    ].map(bytesOf),
  run: (input) => isAllowedQuery(textOf(input)),
}

const client: Target = {
  name: 'client-address',
  format: 'json',
  maxBytes: 2 * 1024,
  code: [`${GATEWAY}api/clientAddress.ts`, `${GATEWAY}network/pipeTarget.ts`],
  words: ['::ffff:', '::1', '/ip4/', '/tcp/', '/p2p/', '/dns/'],
  seeds: () =>
    [
      ['::ffff:203.0.113.7', '10.0.0.1, 2001:db8::1'],
      ['127.0.0.1', '::1'],
      ['/ip4/203.0.113.7/tcp/4100/p2p/16Uiu2HAm9rLKyrN4Lp8VPqZ3YFPHhN8dFeSPDRE1BKhTBf1pVeoz', '/dns4/a.example/tcp/1'],
    ].map((value) => bytesOf(JSON.stringify(value))),
  run(input) {
    const [remote, forwarded] = textsOf(jsonOf(input)?.value)
    const address = clientOf(remote, forwarded, new Set(['127.0.0.1']))
    must(address.length <= 64, 'an address without end')
    const target = remote === undefined ? undefined : readTarget(remote)
    if (target) must(target.port > 0 && target.port < 65_536, `the port ${target.port} was taken`)
    return target !== undefined
  },
}

const signIn: Target = {
  name: 'sign-in',
  format: 'text',
  maxBytes: 4 * 1024,
  code: [`${GATEWAY}api/auth/`],
  seeds: () => [
    bytesOf(
      [
        'gateway.example wants you to sign in with your Ethereum account:',
        '0x2c7536E3605D9C16a7a3D7b1898e529396a65c23',
        '',
        'Sign in',
        '',
        'URI: https://gateway.example',
        'Version: 1',
        'Chain ID: 31337',
        'Nonce: abcdefgh12345678',
        `Issued At: ${new Date().toISOString()}`,
      ].join('\n'),
    ),
  ],
  run(input) {
    const signer = attempt(() => signInOf(textOf(input), new URL('https://gateway.example'), 31_337))
    if (signer) must(/^0x[0-9a-fA-F]{40}$/.test(signer.value.address), `the account ${signer.value.address} was taken`)
    return signer !== undefined
  },
}

const events: Target = {
  name: 'event-stream',
  format: 'text',
  maxBytes: 64 * 1024,
  code: ['packages/api/src/eventStream.ts'],
  words: ['data: ', 'data:', '\r\n', '\r', 'event: x\n', 'id: 1\n', '\n\n'],
  seeds: () => ['data: {"a":1}\n\n', 'event: x\r\ndata: a\r\ndata: b\r\n\r\n', ': hello\ndata:c\n\n'].map(bytesOf),
  run(input) {
    const text = textOf(input)
    const whole = attempt(() => createEventParser()(text))
    const parser = createEventParser()
    const pieces = attempt(() => (text.match(/[\s\S]{1,7}/g) ?? []).flatMap((piece) => parser(piece)))
    if (!whole || !pieces) return false
    must(whole.value.join('\0') === pieces.value.join('\0'), 'pieces are read otherwise than the whole')
    return whole.value.length > 0
  },
}

export const edgeTargets = [hello, hosts, headers, cursor, parameters, graphql, client, signIn, events]
