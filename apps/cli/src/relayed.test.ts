import { cp, mkdir, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLog } from '@tender/kit'
import { type Relay, relayConfigSchema, startRelay } from '@tender/relay'
import { generatePrivateKey } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createKeystore } from './home/keystore.ts'
import { writeMarketProfile } from './home/marketProfile.ts'
import { run, startTestMarket, type TestMarket } from './testCli.ts'

// A provider that listens nowhere, from the order to the first answer: everything goes through a relay.

const example = fileURLToPath(new URL('../../../examples/hello', import.meta.url))
const relayKey = generatePrivateKey()

let place: TestMarket
let relay: Relay
const stopping = new AbortController()
let provider: Promise<unknown> | undefined
let told = ''

function openRelay(listen = '/ip4/127.0.0.1/tcp/0', port = 0): Promise<Relay> {
  const { rpcUrl, book } = place.market
  const config = relayConfigSchema.parse({
    stateDir: join(place.home, 'relay'),
    rpcUrl,
    book,
    network: { listen: [listen] },
    ingress: { host: '127.0.0.1', port, domain: 'relay.localhost' },
  })
  return startRelay({ config, privateKey: relayKey, log: createLog({ name: 'relay', level: 'silent' }) })
}

beforeAll(async () => {
  place = await startTestMarket()
  const { providers, rpcUrl, book } = place.market
  const [first] = providers
  if (!first) throw new Error('the embedded market has providers')
  await Promise.all(providers.map((one) => one.provider.stop()))
  relay = await openRelay()
  const network = { listen: [], bootstrap: relay.addresses(), relays: relay.addresses() }
  const password = join(place.home, 'password')
  await writeFile(password, 'correct horse\n')
  const { operatorKey } = first.role
  await createKeystore(place.home, 'operator', { privateKey: operatorKey, password: 'correct horse', scryptN: 1024 })
  await writeMarketProfile(place.home, 'dev', {
    version: 1,
    rpcUrl,
    book,
    bootstrap: relay.addresses(),
    account: 'dev',
  })
  const config = join(place.home, 'provider.json')
  const ingress = { port: 0, public: false }
  const sales = { cu: { pricing: { strategy: 'fixed', price: '24000' } } }
  await writeFile(
    config,
    JSON.stringify({ stateDir: 'hidden', rpcUrl: `${rpcUrl}/?hidden`, book, network, ingress, sales }),
  )
  const argv = ['provider', 'start', '--config', config, '--account', 'operator', '--password-file', password]
  const onStdout = (text: string) => {
    told += text
  }
  provider = run(argv, { home: place.home, signal: stopping.signal, onStdout })
})
afterAll(async () => {
  stopping.abort()
  await provider
  await relay?.stop()
  await place?.stop()
})

test('is found, hired and visited, and comes back to a relay that was started anew', async () => {
  await expect.poll(() => told).toMatch(/provider 1 runs/)
  await expect.poll(() => relay.metrics.text()).toMatch(/tender_relay_held_places{.*} 1\n/)
  const project = join(place.home, 'projects', 'relayed')
  await mkdir(project, { recursive: true })
  await cp(example, project, { recursive: true })
  const up = await run(['up', join(project, 'compose.yaml'), '--auction', '15s', '--json'], { home: place.home })
  expect(up).toMatchObject({ code: 0 })
  const { url, httpStatus, leases } = up.data()
  const [, name, port] = url.match(/^http:\/\/(\w+)\.relay\.localhost:(\d+)$/) ?? []
  expect({ port: Number(port), httpStatus, leases }).toMatchObject({
    port: relay.ingressPorts[0],
    httpStatus: 200,
    leases: [{ provider: '1' }],
  })

  const logs = await run(['logs', leases[0]?.leaseId ?? ''], { home: place.home })
  expect(logs).toMatchObject({ code: 0 })

  const [address = ''] = relay.addresses()
  await relay.stop()
  relay = await openRelay(address.split('/p2p/')[0], Number(port))
  const visit = () => statusAt(Number(port), `${name}.relay.localhost`)
  await expect.poll(visit, { timeout: 60_000 }).toBe(200)

  // What it runs outlives its provider, as it should, unless it ends first.
  expect(await run(['close', leases[0]?.leaseId ?? '', '--yes'], { home: place.home })).toMatchObject({ code: 0 })
  await expect.poll(visit, { timeout: 60_000 }).not.toBe(200)
})

function statusAt(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asking = request({ host: '127.0.0.1', port, headers: { host }, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    asking.on('error', () => resolve(undefined))
    asking.end()
  })
}
