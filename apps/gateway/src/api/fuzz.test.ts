import { problemSchema } from '@tender/api'
import { startTestMarket, type TestMarket } from '@tender/sdk/testMarket'
import fc from 'fast-check'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeStores } from '../testStores.ts'
import { createToken } from './auth/tokens.ts'
import type { SampleBook } from './sampleBook.ts'
import { filled, startsTestApis, type TestApi } from './testApi.ts'
import { arbitraryOf, checkerOf, nonsense, type Operation, readDescription } from './testDescription.ts'

let market: TestMarket
beforeAll(async () => {
  market = await startTestMarket()
})
afterAll(() => market.stop())

const RUNS = 40
/** Without a peer some things cannot be done; that is said, and is no fault. */
const NOT_NOW = 503

describeStores('whatever is asked by the description', (stores) => {
  const start = startsTestApis(() => market)
  let api: TestApi & { book: SampleBook }
  let authorization: string
  beforeAll(async () => {
    api = await filled(start, { store: await stores.open(), market, leases: 300, orders: 30 })
    const { address } = privateKeyToAccount(generatePrivateKey())
    const token = { name: 'fuzz', scopes: ['read:me', 'write:me', 'write:orders'], expiresInSeconds: 3600 } as const
    authorization = `Bearer ${(await createToken(api.store, address, token)).token}`
  })

  test('is answered as described, or refused with a problem; never by a fault', async () => {
    const { operations, schemas } = readDescription(await (await api.get('/openapi.json')).json())
    expect(operations.length).toBeGreaterThan(30)
    const told = new Map<string, number>()
    for (const operation of operations) {
      const checker = checkerOf(operation.answer, schemas)
      await fc.assert(
        fc.asyncProperty(requestOf(operation, api.book, schemas), async ({ path, body }) => {
          const response = await fetch(`${api.url}${path}`, {
            method: operation.method,
            headers: { authorization, 'content-type': 'application/json' },
            ...(operation.body && { body: JSON.stringify(body) }),
          })
          const { status } = response
          told.set(`${status}`, (told.get(`${status}`) ?? 0) + 1)
          const csv = response.headers.get('content-type')?.startsWith('text/csv')
          const answer: unknown = csv ? await response.text() : await response.json()
          if (status >= 400) expect(problemSchema.parse(answer)).toMatchObject({ status })
          else if (!csv) expect(checker.safeParse(answer).error?.issues).toBeUndefined()
          expect(status < 500 || status === NOT_NOW).toBe(true)
        }),
        { numRuns: RUNS },
      )
    }
    // Both halves were really tried.
    expect(told.get('200')).toBeGreaterThan(200)
    expect(told.get('400')).toBeGreaterThan(200)
  })
})

type Schemas = ReturnType<typeof readDescription>['schemas']

/** Requests of one operation: mostly as described, now and then with things that exist, now and then with nonsense. */
function requestOf(operation: Operation, book: SampleBook, schemas: Schemas) {
  const known: Record<string, unknown> = { hash: book.order, address: book.tenant, name: 'cu', era: 7, limit: 5 }
  const ids = operation.path.includes('provider') ? book.provider : book.lease
  const argument = (name: string, schema: Operation['parameters'][number]['schema']) =>
    fc.oneof(
      { weight: 5, arbitrary: fc.constant(name === 'id' ? ids : (known[name] ?? undefined)) },
      { weight: 4, arbitrary: arbitraryOf(schema, schemas) },
      { weight: 1, arbitrary: nonsense },
    )
  const values = fc.record(
    Object.fromEntries(operation.parameters.map(({ name, schema }) => [name, argument(name, schema)])),
  )
  const body = operation.body
    ? fc.oneof({ weight: 6, arbitrary: arbitraryOf(operation.body, schemas) }, { weight: 1, arbitrary: nonsense })
    : fc.constant(undefined)
  return fc.record({ values, body }).map(({ values: given, body: sent }) => {
    const query = new URLSearchParams()
    let { path } = operation
    for (const { name, in: place } of operation.parameters) {
      const value = given[name]
      if (place === 'path') path = path.replace(`{${name}}`, encodeURIComponent(text(value) || 'x'))
      else if (value !== undefined) query.set(name, text(value))
    }
    return { path: `${path}?${query}`, body: sent }
  })
}

/** Without halves of characters, which no URL can hold; and no dots alone, which are another path. */
function text(value: unknown): string {
  const written = String(value).toWellFormed()
  return /^\.+$/.test(written) ? 'x' : written
}
