import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestMarket, type TestMarket } from '@tender/sdk/testMarket'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readGatewayConfig } from './gatewayConfig.ts'
import { createKeystore } from './home/keystore.ts'
import { writeMarketProfile } from './home/marketProfile.ts'
import { run } from './testCli.ts'

const privateKey = `0x${'43'.repeat(32)}` as const

let market: TestMarket
let home: string
let asGateway: string[]
beforeAll(async () => {
  market = await startTestMarket()
  home = await mkdtemp(join(tmpdir(), 'tender-cli-gateway-'))
  const password = join(home, 'gateway.password')
  await writeFile(password, 'correct horse\n')
  await createKeystore(home, 'gateway', { privateKey, password: 'correct horse', scryptN: 1024 })
  asGateway = ['--account', 'gateway', '--password-file', password]
})
afterAll(async () => {
  await market.stop()
  await rm(home, { recursive: true, force: true })
})

async function configFile(over: object = {}): Promise<string> {
  const { chain, book } = market
  const file = join(home, 'gateway.json')
  const network = { listen: ['/ip4/127.0.0.1/tcp/0'] }
  await writeFile(
    file,
    JSON.stringify({ stateDir: 'state', rpcUrl: chain.url, book, network, http: { port: 0 }, ...over }),
  )
  return file
}

/** Runs a gateway until `look` is done with it. */
async function whileRunning(look: (url: string) => Promise<void>): Promise<void> {
  const controller = new AbortController()
  const { promise: url, resolve } = Promise.withResolvers<string>()
  const running = run(['gateway', 'start', '--config', await configFile(), ...asGateway, '--json'], {
    home,
    signal: controller.signal,
    onStdout: (text: string) => resolve(JSON.parse(text).url),
  })
  await look(await Promise.race([url, running.then(({ stderr }) => Promise.reject(new Error(stderr)))]))
  controller.abort()
  expect((await running).code).toBe(0)
}

test('a gateway runs from its file, serves the page and the API, and goes on after a stop', async () => {
  const indexed = async (url: string) => (await (await fetch(`${url}/readyz`)).json()).indexedBlock
  await whileRunning(async (url) => {
    expect(await (await fetch(url)).text()).toContain('<div id="root">')
    expect(await (await fetch(`${url}/v1/market`)).json()).toMatchObject({ chainId: 31_337, embedded: false })
    expect((await fetch(`${url}/v1/embedded/accounts`)).status).toBe(404)
    await expect.poll(() => indexed(url)).toBeGreaterThan(0)
  })
  await whileRunning((url) => expect.poll(() => indexed(url)).toBeGreaterThan(0))
})

test('a configuration is written for a market, once, and a gateway takes it', async () => {
  const { chain, book } = market
  await writeMarketProfile(home, 'dev', { version: 1, rpcUrl: chain.url, book, bootstrap: [] })
  const file = join(home, 'drafted.json')
  const write = (...more: string[]) => run(['gateway', 'init', '--config', file, ...more], { home })
  expect((await write('--url', 'market.example.org')).code).toBe(2)
  const written = await write('--url', 'https://market.example.org')
  expect(written).toMatchObject({ code: 0, stdout: expect.stringContaining(file) })
  expect(await readGatewayConfig(file)).toMatchObject({
    book,
    http: { host: '127.0.0.1', port: 8080, publicUrl: 'https://market.example.org' },
    stateDir: join(home, 'markets', 'dev', 'gateway'),
  })
  expect((await write()).stderr).toContain('is there already')
})

test.each([
  ['an unknown key', { relays: [] }, /relays/],
  ['a database of another kind', { databaseUrl: 'mysql://localhost/tender' }, /databaseUrl/],
  ['a peer that listens nowhere', { network: { listen: [] } }, /network\.listen/],
])('%s is refused', async (_, over, words) => {
  const refused = await run(['gateway', 'start', '--config', await configFile(over), ...asGateway], { home })
  expect(refused.code).toBe(2)
  expect(refused.stderr).toMatch(words)
})
