import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { peerIdOfPrivateKey } from '@tender/network'
import { startTestMarket, type TestMarket } from '@tender/sdk/testMarket'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createKeystore } from './home/keystore.ts'
import { writeMarketProfile } from './home/marketProfile.ts'
import { readRelayConfig } from './relayConfig.ts'
import { run } from './testCli.ts'

const privateKey = `0x${'42'.repeat(32)}` as const

let market: TestMarket
let home: string
let asRelay: string[]
beforeAll(async () => {
  market = await startTestMarket()
  home = await mkdtemp(join(tmpdir(), 'tender-cli-relay-'))
  const password = join(home, 'relay.password')
  await writeFile(password, 'correct horse\n')
  await createKeystore(home, 'relay', { privateKey, password: 'correct horse', scryptN: 1024 })
  asRelay = ['--account', 'relay', '--password-file', password]
})
afterAll(async () => {
  await market.stop()
  await rm(home, { recursive: true, force: true })
})

async function configFile(over: object = {}): Promise<string> {
  const { chain, book } = market
  const file = join(home, 'relay.json')
  const network = { listen: ['/ip4/127.0.0.1/tcp/0'] }
  const ingress = { host: '127.0.0.1', port: 0, domain: 'relay.test' }
  await writeFile(file, JSON.stringify({ stateDir: 'relay', rpcUrl: chain.url, book, network, ingress, ...over }))
  return file
}

test('a relay runs from its file, and says where it is', async () => {
  const controller = new AbortController()
  const config = await configFile()
  let told = ''
  const running = run(['relay', 'start', '--config', config, ...asRelay], {
    home,
    signal: controller.signal,
    onStdout: (text: string) => {
      told += text
    },
  })
  await expect.poll(() => told).toMatch(/relay runs, HTTP on port \d+; Ctrl-C stops it/)
  const [, address = ''] = told.match(/\n {2}(\/ip4\/\S+)/) ?? []
  expect(address).toContain(`/p2p/${peerIdOfPrivateKey(privateKey)}`)
  const [, port] = told.match(/port (\d+)/) ?? []
  expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(404)
  controller.abort()
  expect((await running).code).toBe(0)
})

test('a configuration is written for a market, once, and a relay takes it', async () => {
  const { chain, book } = market
  await writeMarketProfile(home, 'dev', { version: 1, rpcUrl: chain.url, book, bootstrap: [] })
  const file = join(home, 'drafted.json')
  const write = (...more: string[]) => run(['relay', 'init', '--config', file, ...more], { home })
  expect((await write('--domain', 'Relay.Example')).code).toBe(2)
  const written = await write('--domain', 'relay.example.org')
  expect(written).toMatchObject({ code: 0, stdout: expect.stringContaining(file) })
  expect(await readRelayConfig(file)).toMatchObject({
    book,
    network: { listen: ['/ip4/0.0.0.0/tcp/4100'] },
    ingress: { port: 8080, domain: 'relay.example.org' },
    stateDir: join(home, 'markets', 'dev', 'relay'),
  })
  expect((await write()).stderr).toContain('is there already')
})

test.each([
  ['an unknown key', { relays: [] }, /relays/],
  ['a domain in capitals', { ingress: { port: 80, domain: 'Relay.test' } }, /ingress\.domain/],
  [
    'TLS that nobody ends',
    { ingress: { port: 80, domain: 'x', tls: { from: 'workloads', port: 443 } } },
    /files or acme/,
  ],
])('%s is refused', async (_, over, words) => {
  const refused = await run(['relay', 'start', '--config', await configFile(over), ...asRelay], { home })
  expect(refused.code).toBe(2)
  expect(refused.stderr).toMatch(words)
})
