import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findLeaks } from '@tender/kit/testLeaks'
import { startTestMarket, type TestMarket } from '@tender/sdk/testMarket'
import { hexToBytes } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { createSiweMessage } from 'viem/siwe'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readGatewayConfig } from './gatewayConfig.ts'
import { createKeystore } from './home/keystore.ts'
import { writeMarketProfile } from './home/marketProfile.ts'
import { run } from './testCli.ts'

const privateKey = `0x${'43'.repeat(32)}` as const
const tokenName = 'a token to be looked for'

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

/** Runs a gateway until `look` is done with it. @returns all that it printed */
async function whileRunning(look: (url: string) => Promise<void>): Promise<string> {
  const controller = new AbortController()
  const { promise: url, resolve } = Promise.withResolvers<string>()
  const running = run(['gateway', 'start', '--config', await configFile(), ...asGateway, '--json'], {
    home,
    signal: controller.signal,
    onStdout: (text: string) => resolve(JSON.parse(text).url),
  })
  await look(await Promise.race([url, running.then(({ stderr }) => Promise.reject(new Error(stderr)))]))
  controller.abort()
  const { code, stdout, stderr } = await running
  expect(code).toBe(0)
  return stdout + stderr
}

/** Signs in, and makes an API token. @returns the two secrets of it: what the cookie holds, and the token */
async function makeToken(url: string): Promise<{ session: string; token: string }> {
  const account = privateKeyToAccount(generatePrivateKey())
  const post = (path: string, body: object, headers = {}) =>
    fetch(`${url}/v1/auth/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  const { nonce, domain, uri, chainId } = await (await fetch(`${url}/v1/auth/nonce`)).json()
  const fields = { address: account.address, nonce, domain, uri, chainId, version: '1', issuedAt: new Date() } as const
  const message = createSiweMessage(fields)
  const signedIn = await post('sign-in', { message, signature: await account.signMessage({ message }) })
  const [cookie = ''] = signedIn.headers.get('set-cookie')?.split(';') ?? []
  const { token } = await (await post('tokens', { name: tokenName, scopes: ['read:me'] }, { cookie })).json()
  return { session: cookie.split('=')[1] ?? '', token }
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

test('neither its key nor the secrets of those who sign in are printed, or kept but as hashes', async () => {
  let made = { session: '', token: '' }
  const wrong = `tender_${'w'.repeat(43)}`
  const printed = await whileRunning(async (url) => {
    made = await makeToken(url)
    const drafts = (token: string) => fetch(`${url}/v1/me/drafts`, { headers: { authorization: `Bearer ${token}` } })
    expect((await drafts(made.token)).status).toBe(200)
    expect((await drafts(wrong)).status).toBe(401)
  })
  const secrets = {
    'the gateway’s key': hexToBytes(privateKey),
    'its password': 'correct horse',
    'a session’s cookie': made.session,
    'a token': made.token.replace('tender_', ''),
    'a wrong token': wrong,
  }
  const state = join(home, 'state')
  const { leaks, bytes } = findLeaks(secrets, { texts: { 'what it printed': printed }, directories: [state] })
  expect(leaks).toEqual([])
  // What it keeps was looked through: the token's name is there.
  expect(bytes).toBeGreaterThan(1_000_000)
  expect(findLeaks({ tokenName }, { directories: [state] }).leaks).not.toEqual([])
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
