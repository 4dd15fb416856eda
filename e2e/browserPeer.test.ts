import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type EmbeddedMarket, startEmbeddedMarket, tenantKey } from '@tender/cli'
import { startTestGatewayNetwork, type TestGatewayNetwork } from '@tender/gateway/testGatewayNetwork'
import { createMarketClient } from '@tender/sdk'
import type { Browser } from 'playwright-core'
import { generatePrivateKey } from 'viem/accounts'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Rented, RenterOptions } from './browser/renterPage.ts'
import { launchBrowser, noBrowser } from './support/browser.ts'

const MARKER = 'a-word-that-only-provider-and-tenant-know'

/** A program that writes {@link MARKER} to its log whenever it is asked something, as hexadecimal digits. */
const says = [
  '0061736d01000000', // (module
  '010c0260047f7f7f7f017f60000002230116776173695f736e617073686f745f70726576696577310866645f7772697465', // fd_write
  '0000030201010503010001071302066d656d6f72790200065f73746172740001', // memory, _start
  '0a3801360041004180013602004104412a360200410841c000360200410c411f36020041', // where texts are, and their lengths
  '0241004101412010001a410141084101412010001a0b', // to the log, then the answer
  '0b56020041c0000b1f', // (data
  Buffer.from('content-type: text/plain\n\nhello').toString('hex'),
  '004180010b2a', // (data
  Buffer.from(`${MARKER}\n`).toString('hex'),
].join('')

const compose = `services: { says: { image: ./says.wasm, platform: wasi/wasm, ports: ["80"], environment: { WORD: ${MARKER} } } }
x-tender: { max-price: 0.05 USDC/h, duration: 1h }
`

/** A page's script as Vite makes it: what Node only has, a browser could not run. */
async function bundled(entry: string): Promise<string> {
  const made = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'esnext',
      modulePreload: false,
      rolldownOptions: { input: entry, output: { codeSplitting: false } },
    },
  })
  const [first] = Array.isArray(made) ? made : [made]
  if (!first || !('output' in first)) throw new Error('nothing was built')
  return first.output.map((part) => ('code' in part ? part.code : '')).join('\n')
}

describe.skipIf(noBrowser)('a page rents through the gateway', () => {
  let home: string
  let script: string
  let market: EmbeddedMarket
  let gateway: TestGatewayNetwork
  let browser: Browser
  const orders: string[] = []
  const availabilities = new Set<bigint>()

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'tender-e2e-'))
    script = await bundled(fileURLToPath(new URL('./browser/renterPage.ts', import.meta.url)))
    market = await startEmbeddedMarket({
      directory: home,
      firstPort: 0,
      settleEverySeconds: 1,
      monitors: false,
      signal: new AbortController().signal,
      onProgress() {},
    })
    const { rpcUrl, book, bootstrap } = market
    gateway = await startTestGatewayNetwork({
      market: await createMarketClient({ rpcUrl, book }),
      privateKey: generatePrivateKey(),
      network: { listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap, announce: [] },
      onOrder: ({ hash }) => orders.push(hash),
      onAvailability: ({ provider }) => availabilities.add(provider),
      log() {},
    })
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await gateway?.stop()
    await market?.stop()
    await rm(home, { recursive: true })
  })

  test('its script has nothing of Node in it', () => {
    expect(script).not.toMatch(/\bfrom\s*["']node:|require\(["']node:|__vite-browser-external/)
  })

  test('orders, takes bids, delivers and reads logs, and the gateway reads none of it', async () => {
    // Providers say every minute where they are.
    await expect.poll(() => availabilities.size, { timeout: 100_000 }).toBe(market.providers.length)
    const page = await browser.newPage()
    const troubles: string[] = []
    page.on('pageerror', (error) => troubles.push(String(error)))
    const frames: Buffer[] = []
    const pipes: string[] = []
    page.on('websocket', (socket) => {
      pipes.push(new URL(socket.url()).searchParams.get('peer') ?? '')
      const keep = ({ payload }: { payload: string | Buffer }) => void frames.push(Buffer.from(payload))
      socket.on('framesent', keep).on('framereceived', keep)
    })
    await page.goto(gateway.url)
    await page.addScriptTag({ content: script, type: 'module' })
    // A module runs some time after it was added.
    await expect.poll(async () => troubles[0] ?? (await page.evaluate('typeof rent'))).toBe('function')

    const options: RenterOptions = {
      rpcUrl: market.rpcUrl,
      book: market.book,
      tenantKey,
      gateway: { publicKey: gateway.network.publicKey, addresses: gateway.network.addresses() },
      pipeUrl: gateway.pipeUrl,
      compose,
      files: { './says.wasm': Buffer.from(says, 'hex').toString('base64') },
      enoughAnswers: market.providers.length,
    }
    // CAST: what the page's `rent` resolves with
    const rented = (await page.evaluate(`rent(${JSON.stringify(options)})`)) as Rented

    expect(troubles).toEqual([])
    expect(rented.events).toEqual(expect.arrayContaining(['ordered', 'answer', 'chosen', 'matched', 'running']))
    expect(rented).toMatchObject({ bids: market.providers.length, phase: 'ready', connection: 'direct' })
    expect(orders).toHaveLength(1)
    expect(rented.line).toBe(MARKER)

    const [gatewayId = ''] = gateway.network.addresses()[0]?.split('/').slice(-1) ?? []
    const carried = Buffer.concat(frames)
    // That is what goes before Noise, so these are the bytes that the gateway carried.
    expect(carried.includes('/multistream/1.0.0')).toBe(true)
    expect(pipes).toEqual(expect.arrayContaining([expect.stringContaining(gatewayId)]))
    // One that is slow may be dialled again.
    expect(new Set(pipes.filter((peer) => !peer.includes(gatewayId))).size).toBe(1)
    for (const secret of [MARKER, rented.leaseId]) expect(carried.includes(secret)).toBe(false)
    await expect.poll(() => gateway.network.pipeUse().open).toBe(0)
  })
})
