import { once } from 'node:events'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { startTestMarket, type TestMarket } from '@tender/sdk/testMarket'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore, type Store } from '../store/openStore.ts'
import { startsTestApis, type TestApi } from './testApi.ts'

let market: TestMarket
let store: Store
let directory: string
let api: TestApi
const start = startsTestApis(() => market)
const script = `console.log(${JSON.stringify('x'.repeat(5_000))})`

beforeAll(async () => {
  market = await startTestMarket()
  store = await openStore()
  directory = await mkdtemp(join(tmpdir(), 'tender-page-'))
  await mkdir(join(directory, 'assets'))
  await writeFile(join(directory, 'index.html'), '<!doctype html><title>Tender</title>')
  await writeFile(join(directory, 'assets/main-a1b2c3d4.js'), script)
  await writeFile(join(directory, 'assets/main-a1b2c3d4.js.br'), brotliCompressSync(script))
  await writeFile(join(directory, '../tender-secret.txt'), 'hush')
  api = await start(store, { staticDirectory: directory })
})
afterAll(async () => {
  await store.close()
  await market.stop()
  await rm(directory, { recursive: true })
  await rm(join(tmpdir(), 'tender-secret.txt'))
})

test('the page is there at all of its own paths, and asked for anew each time', async () => {
  for (const path of ['/', '/leases', '/eras/7/leases/0x12', '/index.html']) {
    const response = await api.get(path)
    expect([path, response.status, await response.text()]).toEqual([path, 200, '<!doctype html><title>Tender</title>'])
    expect(response.headers.get('cache-control')).toBe('no-cache')
    const etag = response.headers.get('etag') ?? ''
    expect((await api.get(path, { 'if-none-match': etag })).status).toBe(304)
  }
})

test('its files never change, and go as small as they were made', async () => {
  const response = await api.get('/assets/main-a1b2c3d4.js', { 'accept-encoding': 'gzip, br' })
  expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect([response.headers.get('content-encoding'), await response.text()]).toEqual(['br', script])
  const plain = await api.get('/assets/main-a1b2c3d4.js', { 'accept-encoding': 'identity' })
  expect([plain.headers.get('content-encoding'), await plain.text()]).toEqual([null, script])
  expect((await api.get('/assets/other-a1b2c3d4.js')).status).toBe(404)
})

test('a page that is built anew is served at once, and what only the old one had is missing', async () => {
  const own = await mkdtemp(join(tmpdir(), 'tender-built-'))
  const [built, aside] = [join(own, 'dist'), join(own, 'aside')]
  const build = async (at: string, name: string) => {
    await mkdir(join(at, 'assets'), { recursive: true })
    await writeFile(join(at, 'index.html'), name)
    await writeFile(join(at, `assets/${name}-a1b2c3d4.js`), name)
  }
  await build(built, 'first')
  const page = await start(store, { staticDirectory: built })
  const answers = async (path: string) => {
    const response = await page.get(path)
    return [response.status, response.ok ? await response.text() : (await response.json()).code]
  }
  expect(await answers('/leases')).toEqual([200, 'first'])

  await build(aside, 'second')
  await rename(built, join(own, 'old'))
  expect(await answers('/leases')).toEqual([200, 'first'])
  expect(await answers('/assets/first-a1b2c3d4.js')).toEqual([404, 'unknownPath'])
  await rename(aside, built)
  expect(await answers('/assets/first-a1b2c3d4.js')).toEqual([404, 'unknownPath'])
  expect(await answers('/assets/second-a1b2c3d4.js')).toEqual([200, 'second'])
  expect(await answers('/leases')).toEqual([200, 'second'])
  await rm(own, { recursive: true })
})

test('no path leads out of its folder', async () => {
  for (const path of [
    '/../tender-secret.txt',
    '/%2e%2e/tender-secret.txt',
    '/..%2ftender-secret.txt',
    '/assets/..%5c..',
    '/%00',
    '/%ff',
  ]) {
    expect(await (await api.get(path)).text()).not.toContain('hush')
  }
})

test('browsers are told what it may do', async () => {
  const { headers } = await api.get('/')
  const policy = headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';")
  expect(policy).toContain(`connect-src 'self' ${api.url.replace('http', 'ws')} ${market.chain.url};`)
  expect(policy).not.toMatch(/blob:|wss?: /)
  expect(policy).toContain("frame-ancestors 'none'")
  expect([headers.get('x-content-type-options'), headers.get('x-frame-options')]).toEqual(['nosniff', 'DENY'])
  expect(headers.get('strict-transport-security')).toBeNull()
})

test('a page at a public address may connect to that address, whatever the request says', async () => {
  const page = await start(store, { staticDirectory: directory, publicUrl: 'https://market.example' })
  // `fetch` lets nobody choose this header.
  const asked = get(page.url, { headers: { host: 'other.example' }, agent: false })
  const [response] = await once(asked, 'response')
  response.resume()
  expect(response.headers['content-security-policy']).toContain("connect-src 'self' wss://market.example ")
})

test('other pages may read what is public, without anybody’s cookies', async () => {
  const { headers } = await api.get('/v1/monitors', { origin: 'https://other.example' })
  expect(headers.get('access-control-allow-origin')).toBe('*')
  expect(headers.get('access-control-allow-credentials')).toBeNull()
  expect(
    (await api.get('/', { origin: 'https://other.example' })).headers.get('access-control-allow-origin'),
  ).toBeNull()
})

test('it describes itself to people and programs, and tells what requests took', async () => {
  const docs = await (await api.get('/docs')).text()
  expect(docs).toContain('/v1/leases/{id}')
  expect(docs).not.toContain('<script')
  expect((await api.get('/docs.css')).headers.get('content-type')).toContain('text/css')
  const described = await (await api.get('/openapi.json')).json()
  expect(described).toMatchObject({ openapi: '3.1.0', servers: [{ url: api.url }] })
  await api.get('/v1/leases?limit=7')
  const metrics = await (await api.get('/metrics')).text()
  expect(metrics).toMatch(/tender_gateway_http_request_seconds_count\{route="\/v1\/leases",status="2xx"\} \d+/)
  expect(metrics).toContain('process_cpu_user_seconds_total')
})

test('long answers are compressed for who takes that', async () => {
  const { headers } = await api.get('/openapi.json', { 'accept-encoding': 'gzip' })
  expect(headers.get('content-encoding')).toBe('gzip')
})
