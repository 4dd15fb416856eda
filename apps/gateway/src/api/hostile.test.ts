import { startTestMarket, type TestMarket } from '@tender/sdk/testMarket'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeStores } from '../testStores.ts'
import { MAX_BODY_BYTES } from './readInput.ts'
import type { SampleBook } from './sampleBook.ts'
import { filled, startsTestApis, type TestApi } from './testApi.ts'

let market: TestMarket
beforeAll(async () => {
  market = await startTestMarket()
})
afterAll(() => market.stop())

describeStores('bad input', (stores) => {
  const start = startsTestApis(() => market)
  let api: TestApi & { book: SampleBook }
  beforeAll(async () => {
    api = await filled(start, { store: await stores.open(), market, leases: 300, orders: 20 })
  })

  test.each([
    ['/v1/leases?limit=0', 'query.limit'],
    ['/v1/leases?limit=101', 'query.limit'],
    ['/v1/leases?limit=1e3', 'query.limit'],
    ['/v1/leases?limit=5&limit=6', 'query.limit'],
    ['/v1/leases?offset=1000000', 'query.offset'],
    ['/v1/leases?tenant=0x12', 'query.tenant'],
    ['/v1/leases?state=sleeping', 'query.state'],
    ['/v1/leases?class=%00', 'query.class'],
    ['/v1/leases?__proto__=1', 'query.__proto__'],
    ['/v1/leases/0x12', 'path.id'],
    ['/v1/providers/99999999999999999999', 'path.id'],
    ['/v1/providers/-1', 'path.id'],
    ['/v1/providers?level=6', 'query.level'],
    ['/v1/providers?country=de', 'query.country'],
    ['/v1/eras/0', 'path.era'],
    ['/v1/classes/cu/prices?interval=second', 'query.interval'],
    ['/v1/classes/CU%27;drop', 'path.name'],
    ['/v1/accounts/0x0000000000000000000000000000000000000000/history?format=xml', 'query.format'],
    ['/v1/events?topics=secrets', 'query.topics'],
  ])('%s is refused and names %s', async (path, place) => {
    const response = await api.get(path)
    const problem = await response.json()
    expect(problem).toMatchObject({ status: 400, code: 'invalidInput', title: 'Bad request' })
    expect(problem.errors.map(({ path: named }: { path: string }) => named)).toContain(place)
  })

  test('cursors are taken as they were given, and of this list only', async () => {
    const { next } = await (await api.get('/v1/leases?limit=5')).json()
    const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const forged = [
      'AAAA',
      `${next}x`,
      json(['leases', ['1; drop table leases']]),
      json(['leases', [-1]]),
      json(['leases', [1, 2]]),
      json(['matches', [1]]),
      json({ __proto__: 1 }),
      'a'.repeat(513),
    ]
    for (const cursor of forged) {
      const problem = await (await api.get(`/v1/leases?cursor=${cursor}`)).json()
      expect(problem).toMatchObject({ status: 400, errors: [{ path: 'query.cursor' }] })
    }
    expect((await api.get(`/v1/leases?cursor=${next}`)).status).toBe(200)
    expect((await api.get(`/v1/matches?cursor=${next}`)).status).toBe(400)
  })

  test('bodies that are no JSON, no order, or too large', async () => {
    const order = (body: unknown, headers = {}) => api.post('/v1/orders', body, headers).then((answer) => answer.json())
    expect(await order('{')).toMatchObject({ status: 400, errors: [{ path: 'body', message: 'is no JSON' }] })
    expect(await order('{}', { 'content-type': 'text/plain' })).toMatchObject({ status: 415, code: 'badContentType' })
    expect(await order(`"${'x'.repeat(MAX_BODY_BYTES)}"`)).toMatchObject({ status: 413, code: 'tooLarge' })
    const { errors } = await order({ type: 'order', order: { units: -1 }, extra: 1 })
    const places = errors.map(({ path }: { path: string }) => path)
    expect(places).toEqual(expect.arrayContaining(['body.order.units', 'body.signature', 'body.extra']))
    expect(errors.length).toBeLessThanOrEqual(64)
  })

  test('a body that does not end is not waited for past its limit', async () => {
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536
        controller.enqueue(new Uint8Array(65_536).fill(32))
      },
    })
    const headers = { 'content-type': 'application/json' }
    const asked = { method: 'POST', headers, body: endless, duplex: 'half' } as const
    const answer = await fetch(`${api.url}/v1/orders`, asked).then(
      ({ status }) => status,
      () => 413,
    )
    expect(answer).toBe(413)
    expect(sent).toBeLessThan(64 * 1024 * 1024)
  })

  test('other methods are told which there are', async () => {
    const response = await api.post('/v1/leases', {})
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
    expect(await response.json()).toMatchObject({ code: 'methodNotAllowed' })
  })

  test('without a peer nothing that needs one is pretended', async () => {
    const proof = await api.get(`/v1/eras/7/leases/${api.book.lease}/proof`)
    expect(await proof.json()).toMatchObject({ status: 503, code: 'noPeer' })
  })

  describe('by GraphQL', () => {
    const ask = async (query: string, variables?: unknown) => {
      const response = await api.post('/graphql', { query, variables })
      return { status: response.status, ...(await response.json()) }
    }

    test('the same data, pages and links as by REST', async () => {
      const query = `query ($after: String) { leases(first: 2, after: $after, state: ended) {
        nodes { id paid state providerInfo { id country } orderInfo { state } } pageInfo { hasNextPage endCursor } } }`
      const first = await ask(query)
      expect(first.errors).toBeUndefined()
      const { nodes, pageInfo } = first.data.leases
      const rest = await (await api.get('/v1/leases?limit=2&state=ended')).json()
      expect(nodes.map(({ id, paid }: { id: string; paid: string }) => [id, paid])).toEqual(
        rest.items.map(({ id, paid }: { id: string; paid: string }) => [id, paid]),
      )
      expect([pageInfo.hasNextPage, pageInfo.endCursor]).toEqual([true, rest.next])
      const { data } = await ask(query, { after: pageInfo.endCursor })
      expect(data.leases.nodes[0].id).not.toBe(nodes[0].id)
    })

    test('everything describes itself', async () => {
      const { data } = await ask('{ __schema { queryType { fields { name description } } mutationType { name } } }')
      expect(data.__schema.mutationType).toBeNull()
      const names = data.__schema.queryType.fields.map(({ name }: { name: string }) => name)
      expect(names).toEqual(expect.arrayContaining(['market', 'leases', 'orders', 'provider', 'eras', 'account']))
    })

    const deep = (levels: number): string => (levels === 0 ? 'id' : `leaseInfos { orderInfo { ${deep(levels - 1)} } }`)
    test.each([
      ['depth', `{ order(hash: "0x${'00'.repeat(32)}") { ${deep(5)} } }`],
      [
        'number of aliases',
        `{ ${Array.from({ length: 30 }, (_, index) => `a${index}: market { chainId }`).join(' ')} }`,
      ],
      [
        'cost',
        '{ leases(first: 100) { nodes { orderInfo { leaseInfos { providerInfo { capacity { class } prices { class } } } } } } }',
      ],
      [
        'cost',
        'query ($n: Int) { leases(first: $n) { nodes { orderInfo { leaseInfos { providerInfo { capacity { class } stake { pool } leases { total } inputs { uptimeBps } prices { class } orderInfo: stake { pool } } } bids { offer } } providerInfo { stake { pool } capacity { class } prices { class } inputs { uptimeBps } leases { total } } ended { code } o: orderInfo { bids { offer } leaseInfos { ended { code } providerInfo { stake { pool } capacity { class } prices { class } inputs { uptimeBps } } } } } } }',
      ],
    ])('a query whose %s is too much is refused before anything is read', async (what, query) => {
      const { errors, data } = await ask(query)
      expect(data).toBeUndefined()
      expect(errors.map(({ message }: { message: string }) => message).join()).toContain(what)
    })

    test('fragments that multiply are weighed, not followed', async () => {
      const levels = Array.from({ length: 25 }, (_, i) => `fragment f${i} on Lease { ...f${i + 1} ...f${i + 1} }`)
      const query = `{ leases { nodes { ...f0 } } } ${levels.join(' ')} fragment f25 on Lease { providerInfo { id } }`
      const { errors } = await ask(query)
      expect(errors.length).toBeGreaterThan(0)
    })

    test('fragments in a circle, batches, long texts and strangers’ fields', async () => {
      expect((await ask('{ leases { nodes { ...a } } } fragment a on Lease { ...a }')).errors[0].message).toContain(
        'itself',
      )
      const batch = await api.post('/graphql', [
        { query: '{ market { chainId } }' },
        { query: '{ market { chainId } }' },
      ])
      expect(batch.status).toBe(400)
      expect((await ask(`{ market { ${'chainId '.repeat(3_000)} } }`)).errors[0].message).toContain('tokens')
      expect(await ask(`{ market { chainId } } #${'x'.repeat(40_000)}`)).toMatchObject({
        status: 413,
        code: 'tooLarge',
      })
      expect((await ask('{ secrets { all } }')).errors[0].message).toContain('Cannot query field')
      expect((await ask('mutation { steal }')).errors).toHaveLength(1)
    })

    test('wrong arguments name themselves', async () => {
      const { errors } = await ask('{ leases(first: 1000, after: "?") { nodes { id } } }')
      expect(errors[0].extensions).toMatchObject({ code: 'invalidInput' })
      const places = errors[0].extensions.errors.map(({ path }: { path: string }) => path)
      expect(places.sort()).toEqual(['args.after', 'args.first'])
      const missing = await ask(`{ lease(id: "0x${'ab'.repeat(32)}") { id } }`)
      expect(missing.errors[0]).toMatchObject({ path: ['lease'], extensions: { code: 'unknownLease' } })
    })
  })
})

describeStores('limits', (stores) => {
  const start = startsTestApis(() => market)

  test('of requests are told with each answer, and refuse what is more', async () => {
    const api = await start(await stores.open(), { limits: { address: 5 } })
    const first = await api.get('/v1/leases')
    expect(first.headers.get('ratelimit-policy')).toBe('"address";q=5;w=60')
    expect(first.headers.get('ratelimit')).toMatch(/^"address";r=4;t=\d+$/)
    for (let i = 0; i < 4; i++) expect((await api.get('/v1/leases')).status).toBe(200)
    const refused = await api.get('/v1/leases')
    expect(await refused.json()).toMatchObject({ status: 429, code: 'tooManyRequests' })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await api.get('/healthz')).status).toBe(200)
    const forwarded = await api.get('/v1/leases', { 'x-forwarded-for': '8.8.8.8' })
    expect(forwarded.status).toBe(429)
  })

  test('are of the client where a trusted proxy names it, and of all of its /64', async () => {
    const api = await start(await stores.open(), { limits: { address: 2 }, trustedProxies: ['127.0.0.1'] })
    const from = (address: string) => api.get('/v1/monitors', { 'x-forwarded-for': `6.6.6.6, ${address}` })
    const addresses = [
      '1.1.1.1',
      '1.1.1.1',
      '1.1.1.1',
      '2001:db8::1',
      '2001:db8:0:0:ffff::2',
      '2001:db8::3',
      '2001:db8:0:1::1',
    ]
    const statuses: number[] = []
    for (const address of addresses) statuses.push((await from(address)).status)
    expect(statuses).toEqual([200, 200, 429, 200, 200, 429, 200])
  })
})
