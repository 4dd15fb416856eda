import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { createApiClient } from '@tender/api'
import { startTestMarket, type TestMarket } from '@tender/sdk/testMarket'
import { type Address, type Hex, sha256, stringToBytes } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { createSiweMessage, generateSiweNonce } from 'viem/siwe'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as schema from '../../store/schema.ts'
import { describeStores } from '../../testStores.ts'
import { startsTestApis, type TestApi } from '../testApi.ts'

let market: TestMarket
beforeAll(async () => {
  market = await startTestMarket()
})
afterAll(() => market.stop())

const account = privateKeyToAccount(generatePrivateKey())
const [zero, nobody] = [`0x${'00'.repeat(32)}`, `0x${'00'.repeat(20)}`]
/** As orders look; signed by nobody. */
const order = {
  type: 'order',
  order: {
    tenant: nobody,
    agent: nobody,
    asset: nobody,
    resource: zero,
    kind: 0,
    tier: 1,
    units: 1,
    replicas: 1,
    maxPrice: '20000',
    duration: 3600,
    maxMinSeconds: 0,
    uptimeBps: 0,
    maxSilence: 0,
    worstLevel: 5,
    spread: 0,
    countries: [],
    verifier: nobody,
    manifest: zero,
    jobTerms: zero,
    previous: zero,
    handoverSeconds: 0,
    auctionEnd: 1,
    expiry: 2,
    nonce: '1',
  },
  signature: `0x${'ab'.repeat(65)}`,
  brief: {
    version: 2,
    driver: 'wasm',
    resource: 'cu',
    units: 1,
    cpuMillis: 1000,
    memoryBytes: 1,
    diskBytes: 0,
    blobBytes: 0,
    containers: 1,
    ports: [],
  },
  privateHash: zero,
  publicKey: `0x02${'ab'.repeat(32)}`,
  addresses: [],
}
type Fields = Partial<Parameters<typeof createSiweMessage>[0]>

/** A message as the page makes it, with whatever a test changes. */
async function messageFor(api: TestApi, changed: Fields = {}): Promise<string> {
  const { nonce, domain, uri, chainId } = await createApiClient({ baseUrl: api.url }).getNonce()
  const told = { address: account.address, nonce, domain, uri, chainId, version: '1', issuedAt: new Date() } as const
  return createSiweMessage({ ...told, ...changed })
}

async function signIn(api: TestApi, changed: Fields = {}, headers: Record<string, string> = {}): Promise<Response> {
  const message = await messageFor(api, changed)
  return api.post('/v1/auth/sign-in', { message, signature: await account.signMessage({ message }) }, headers)
}

function cookieOf(response: Response): string {
  return response.headers.get('set-cookie')?.split(';')[0] ?? ''
}

describeStores('signing in', (stores) => {
  const start = startsTestApis(() => market)
  let api: TestApi
  beforeAll(async () => {
    api = await start(await stores.open())
  })

  test('with Ethereum opens a session, which only its cookie holds', async () => {
    const response = await signIn(api)
    expect(await response.json()).toMatchObject({ address: account.address, by: 'session' })
    const cookie = response.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/^tender_session=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/)
    const session = await api.get('/v1/auth/session', { cookie: cookieOf(response) })
    expect(await session.json()).toMatchObject({
      address: account.address,
      scopes: ['read:me', 'write:me', 'write:orders'],
    })
    const secret = cookieOf(response).split('=')[1] ?? ''
    const kept = await api.store.read((db) => db.select().from(schema.sessions))
    expect(kept.map(({ id }) => id)).toContain(sha256(stringToBytes(secret)))
    expect(JSON.stringify(kept)).not.toContain(secret)
  })

  test('signing out ends it', async () => {
    const cookie = cookieOf(await signIn(api))
    const out = await api.post('/v1/auth/sign-out', {}, { cookie })
    expect([out.status, cookieOf(out)]).toEqual([200, 'tender_session='])
    expect((await api.get('/v1/auth/session', { cookie })).status).toBe(401)
  })

  test.each<[string, Fields, string]>([
    ['domain', { domain: 'evil.example' }, 'wrongDomain'],
    ['uri', { uri: 'https://evil.example/sign' }, 'wrongDomain'],
    ['chainId', { chainId: 1 }, 'wrongChain'],
    ['nonce', { nonce: generateSiweNonce() }, 'badNonce'],
    ['expirationTime', { expirationTime: new Date(Date.now() - 1000) }, 'messageExpired'],
    ['notBefore', { notBefore: new Date(Date.now() + 3_600_000) }, 'messageExpired'],
    ['issuedAt', { issuedAt: new Date(Date.now() - 3_600_000) }, 'messageExpired'],
    ['issuedAt', { issuedAt: new Date(Date.now() + 3_600_000) }, 'messageExpired'],
  ])('a message with another %s is refused', async (field, changed, code) => {
    const response = await signIn(api, changed)
    const problem = await response.json()
    expect(problem).toMatchObject({ status: 400, code, errors: [{ path: `body.message.${field}` }] })
    expect(response.headers.get('set-cookie')).toBeNull()
  })

  test('a nonce is good for one try, even one that fails', async () => {
    const message = await messageFor(api)
    const signature = await account.signMessage({ message })
    const other = await privateKeyToAccount(generatePrivateKey()).signMessage({ message })
    const failed = await api.post('/v1/auth/sign-in', { message, signature: other })
    expect(await failed.json()).toMatchObject({ code: 'badSignature', errors: [{ path: 'body.signature' }] })
    const late = await api.post('/v1/auth/sign-in', { message, signature })
    expect(await late.json()).toMatchObject({ code: 'badNonce', errors: [{ path: 'body.message.nonce' }] })
    const again = await signIn(api)
    expect(again.status).toBe(200)
  })

  test('two at once with one nonce: one gets in', async () => {
    const message = await messageFor(api)
    const signature = await account.signMessage({ message })
    const both = await Promise.all([1, 2].map(() => api.post('/v1/auth/sign-in', { message, signature })))
    expect(both.map(({ status }) => status).sort()).toEqual([200, 400])
  })

  test('a contract wallet signs in by what its code says (EIP-1271)', async () => {
    const wallets: [Address, Hex][] = [
      ['0x00000000000000000000000000000000000a11ce', `0x7f1626ba7e${'00'.repeat(28)}60005260206000f3`],
      ['0x0000000000000000000000000000000000000bad', `0x7f${'ff'.repeat(32)}60005260206000f3`],
    ]
    const statuses: number[] = []
    for (const [address, code] of wallets) {
      await market.cheat('anvil_setCode', [address, code])
      const message = await messageFor(api, { address })
      const signature = `0x${'12'.repeat(65)}`
      statuses.push((await api.post('/v1/auth/sign-in', { message, signature })).status)
    }
    expect(statuses).toEqual([200, 400])
  })

  test('pages of other origins neither sign in nor use the cookie', async () => {
    const cookie = cookieOf(await signIn(api))
    const foreign = { origin: 'https://evil.example' }
    expect(await (await signIn(api, {}, foreign)).json()).toMatchObject({ status: 403, code: 'foreignPage' })
    const body = { name: 'x', scopes: ['read:me'] }
    for (const headers of [foreign, { 'sec-fetch-site': 'cross-site' }, { origin: 'null' }]) {
      const response = await api.post('/v1/auth/tokens', body, { cookie, ...headers })
      expect(await response.json()).toMatchObject({ status: 403, code: 'foreignPage' })
    }
    const own = await api.post('/v1/auth/tokens', body, { cookie, origin: api.url })
    expect(own.status).toBe(200)
  })

  test('at its public address the cookie is for TLS and that origin alone', async () => {
    const publicUrl = 'https://market.example'
    const tls = await start(await stores.open(), { publicUrl })
    const asked = { host: 'market.example', origin: publicUrl }
    const nonce = JSON.parse(await ask(tls, 'GET', '/v1/auth/nonce', asked)).nonce
    const told = { address: account.address, chainId: 31_337, version: '1', nonce, issuedAt: new Date() } as const
    const message = createSiweMessage({ ...told, domain: 'market.example', uri: publicUrl })
    const signature = await account.signMessage({ message })
    const cookies: string[] = []
    await ask(tls, 'POST', '/v1/auth/sign-in', asked, { body: { message, signature }, cookies })
    expect(cookies.join()).toMatch(
      /^__Host-tender_session=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    )
  })

  test('whoever only says that it is the gateway is not signed in at', async () => {
    const answer = await ask(api, 'GET', '/v1/auth/nonce', { host: 'evil.example' })
    expect(JSON.parse(answer)).toMatchObject({ status: 409, code: 'noPublicUrl' })
  })
})

/** With a `Host` of its own, which fetch does not let one choose. */
async function ask(
  api: TestApi,
  method: string,
  path: string,
  headers: Record<string, string>,
  { body, cookies = [] }: { body?: unknown; cookies?: string[] } = {},
): Promise<string> {
  const sent = request(`${api.url}${path}`, { method, headers: { ...headers, 'content-type': 'application/json' } })
  sent.end(body === undefined ? undefined : JSON.stringify(body))
  const [answer] = await once(sent, 'response')
  cookies.push(...(answer.headers['set-cookie'] ?? []))
  return text(answer)
}

describeStores('tokens', (stores) => {
  const start = startsTestApis(() => market)
  let api: TestApi
  let cookie: string
  beforeAll(async () => {
    api = await start(await stores.open())
    cookie = cookieOf(await signIn(api))
  })
  const make = async (body: unknown) => (await api.post('/v1/auth/tokens', body, { cookie })).json()

  test('are shown once, kept as a hash, do what their scopes say and no more', async () => {
    const { token, id } = await make({ name: 'reader', scopes: ['read:me'] })
    expect(token).toMatch(/^tender_[\w-]{43}$/)
    const kept = JSON.stringify(await api.store.read((db) => db.select().from(schema.apiTokens)))
    expect(kept).toContain(sha256(stringToBytes(token)))
    expect(kept).not.toContain(token)
    expect(await (await api.get('/v1/auth/tokens', { cookie })).text()).not.toContain(token)

    const reader = createApiClient({ baseUrl: api.url, token })
    expect(await reader.getSession()).toMatchObject({ address: account.address, by: 'token', scopes: ['read:me'] })
    expect((await reader.listDrafts()).items).toEqual([])
    await expect(reader.createDraft({ name: 'a', compose: '' })).rejects.toMatchObject({
      code: 'missingScope',
      status: 403,
    })
    const sent = await api.post('/v1/orders', order, { authorization: `Bearer ${token}` })
    expect(await sent.json()).toMatchObject({ status: 403, code: 'missingScope' })
    await expect(reader.createToken({ name: 'b', scopes: ['write:me'] })).rejects.toMatchObject({ code: 'sessionOnly' })

    await fetch(`${api.url}/v1/auth/tokens/${id}`, { method: 'DELETE', headers: { cookie } })
    await expect(reader.getSession()).rejects.toMatchObject({ code: 'badToken', status: 401 })
  })

  test('end when they said they would', async () => {
    const { token, id } = await make({ name: 'short', scopes: ['read:me'], expiresInSeconds: 60 })
    const client = createApiClient({ baseUrl: api.url, token })
    expect(await client.getSession()).toMatchObject({ by: 'token' })
    await api.store.write(({ tx }) => tx.update(schema.apiTokens).set({ expiresAt: 1 }))
    await expect(client.getSession()).rejects.toMatchObject({ code: 'badToken' })
    expect(id).toMatch(/^[\w-]{12}$/)
  })

  test('are refused in every wrong shape, also where nobody need sign in', async () => {
    for (const authorization of ['Bearer tender_wrong_wrong', 'Bearer x', 'Basic abc', 'tender_', 'Bearer']) {
      const response = await api.get('/v1/leases', { authorization })
      expect([authorization, response.status]).toEqual([authorization, 401])
    }
  })

  test('keep drafts of their account alone', async () => {
    const { token } = await make({ name: 'writer', scopes: ['read:me', 'write:me'] })
    const mine = createApiClient({ baseUrl: api.url, token })
    const draft = await mine.createDraft({ name: 'web', compose: 'services: {}' })
    expect(await mine.updateDraft({ id: draft.id, name: 'web 2', compose: 'services: {}' })).toMatchObject({
      name: 'web 2',
    })
    expect((await mine.listDrafts()).items).toMatchObject([{ id: draft.id, name: 'web 2' }])

    const stranger = privateKeyToAccount(generatePrivateKey())
    const message = await messageFor(api, { address: stranger.address })
    const answer = await api.post('/v1/auth/sign-in', { message, signature: await stranger.signMessage({ message }) })
    const other = await api.get(`/v1/me/drafts/${draft.id}`, { cookie: cookieOf(answer) })
    expect(await other.json()).toMatchObject({ code: 'unknownDraft' })
    expect(await mine.deleteDraft({ id: draft.id })).toEqual({ done: true })
    await expect(mine.getDraft({ id: draft.id })).rejects.toMatchObject({ code: 'unknownDraft' })
  })
})
