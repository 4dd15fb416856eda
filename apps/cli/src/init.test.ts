import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { noEngine, startTestEngine } from '@tender/driver-docker/isolation/testEngine'
import { providerConfigSchema } from '@tender/provider'
import {
  createMarketClient,
  getChainTime,
  getGasMoney,
  getProvider,
  getStake,
  type MarketClient,
  registerProvider,
  signOperatorAcceptance,
} from '@tender/sdk'
import { type Hex, isAddress, parseEther } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { newcomerKeys } from './embedded/cast.ts'
import { keepPlayKey } from './home/keystore.ts'
import { run, startTestMarket, type TestMarket } from './testCli.ts'

let place: TestMarket

beforeAll(async () => {
  place = await startTestMarket()
  await keepPlayKey(place.home, 'owner', newcomerKeys.owner)
})
afterAll(() => place?.stop())

type Registered = { provider: string; committed: number; until: number; staked: string; did: Record<string, unknown> }

/** Registers, with `change` to what it usually says. */
async function register(operator: string, change: Record<string, string> = {}) {
  const config = join(place.home, `${operator}.json`)
  const options = { account: 'owner', operator, country: 'de', units: '2', price: '0.02 USDC/h', config, ...change }
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
  return run(['provider', 'init', ...words, '--json'], { home: place.home })
}

async function registered(operator: string, change: Record<string, string> = {}): Promise<Registered> {
  const { code, stdout, stderr } = await register(operator, change)
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

async function newOperator(name: string): Promise<Hex> {
  const key = generatePrivateKey()
  await keepPlayKey(place.home, name, key)
  return key
}

function clientOf(key: Hex): Promise<MarketClient> {
  const { rpcUrl, book } = place.market
  return createMarketClient({ rpcUrl, book, account: privateKeyToAccount(key) })
}

test('an operator without money for fees gets some, once', async () => {
  const key = await newOperator('poor')
  const first = await registered('poor')
  const { balance } = await getGasMoney(await clientOf(key), { account: privateKeyToAccount(key).address })
  expect(balance).toBeGreaterThan(0n)
  expect(first.did.gasMoney).toBe(`${balance}`)
  expect((await registered('poor')).did.gasMoney).toBe('0')
})

test('what was cut short goes on where it stopped', async () => {
  const key = await newOperator('late')
  const [owner, operator] = await Promise.all([clientOf(newcomerKeys.owner), clientOf(key)])
  const { timestamp } = await getChainTime(owner)
  const consent = await signOperatorAcceptance(operator, {
    owner: privateKeyToAccount(newcomerKeys.owner).address,
    expiry: timestamp + 60,
  })
  const { provider } = await registerProvider(owner, { ...consent, country: 'DE' })
  expect(await registered('late')).toMatchObject({
    provider: `${provider}`,
    committed: 2,
    staked: `${parseEther('220')}`,
    did: { registered: false, staked: `${parseEther('220')}`, committed: 2, configWritten: true },
  })
})

test('more units take only the stake that is missing, fewer change nothing', async () => {
  await newOperator('grows')
  const { until } = await registered('grows', { for: '30d' })
  const more = await registered('grows', { units: '5', for: '1d' })
  expect(more).toMatchObject({ committed: 5, staked: `${parseEther('550')}`, until })
  expect(more.did).toMatchObject({ registered: false, staked: `${parseEther('330')}`, committed: 3 })
  expect(await registered('grows', { units: '1' })).toMatchObject({ committed: 5, did: { staked: '0', committed: 0 } })
})

test('what cannot be is refused before anything is done', async () => {
  await newOperator('never')
  const refused = async (change: Record<string, string>) => (await register('never', change)).error()
  expect(await refused({ country: 'D' })).toMatchObject({ code: 'invalidInput', message: expect.stringContaining('D') })
  expect(await refused({ units: 'many' })).toMatchObject({ code: 'invalidInput' })
  expect(await refused({ units: '0' })).toMatchObject({ code: 'invalidInput' })
  expect(await refused({ price: '0.02 USDC' })).toMatchObject({ code: 'badText' })
  expect(await refused({ price: '0.02 EURC/h' })).toMatchObject({ code: 'unknownAsset' })
  expect(await refused({ class: 'gpu' })).toMatchObject({ code: 'unknownResource' })
  expect(await refused({ operator: 'nobody' })).toMatchObject({ code: 'unknownAccount' })
  expect(await refused({ account: 'dev' })).toMatchObject({
    code: 'insufficientFunds',
    message: expect.stringContaining('220 TNDR are missing'),
  })
  expect((await register('never')).code).toBe(0)
})

test('a configuration is written once, ready to start with, and never for another market', async () => {
  await newOperator('writes')
  const config = join(place.home, 'writes.json')
  await registered('writes', { domain: 'compute.example.org' })
  const written = JSON.parse(await readFile(config, 'utf8'))
  expect(written).toMatchObject({
    stateDir: join(place.home, 'markets', 'dev', 'providers', 'writes'),
    network: { bootstrap: place.market.bootstrap },
    ingress: { host: '0.0.0.0', domain: 'compute.example.org' },
    sales: { cu: { pricing: { strategy: 'fixed', price: '20000' } } },
  })
  expect(isAddress(written.sales.cu.asset)).toBe(true)

  const elsewhere = { ...written, book: { ...written.book, chainId: 1 } }
  await writeFile(config, JSON.stringify(elsewhere))
  expect((await register('writes')).error()).toMatchObject({ code: 'configOfOtherMarket' })
  expect(JSON.parse(await readFile(config, 'utf8'))).toEqual(elsewhere)
})

const accepting = async (name: string, ...more: string[]) => {
  const config = join(place.home, `${name}.json`)
  const words = ['--account', 'owner', '--operator', name, '--country', 'de', '--config', config, ...more, '--json']
  const { code, stdout, stderr } = await run(['provider', 'init', ...words], { home: place.home })
  if (code !== 0) return { error: JSON.parse(stderr).error }
  return { data: JSON.parse(stdout), config: JSON.parse(await readFile(config, 'utf8')) }
}

test('what was not said is proposed, and taken only if that was said', async () => {
  await newOperator('proposes')
  expect(await accepting('proposes')).toMatchObject({
    error: {
      code: 'unitsNeeded',
      data: { resource: 'cu', because: [expect.stringContaining('cores'), expect.anything(), expect.anything()] },
    },
  })
  expect(await accepting('proposes', '--units', '2')).toMatchObject({
    error: { code: 'priceNeeded', data: { proposed: '0.02 USDC/h' }, hint: expect.stringContaining('reference') },
  })
  const { data, config } = await accepting('proposes', '--units', '2', '--yes', '--wasm-only', '--follow')
  expect(data).toMatchObject({
    committed: 2,
    prices: { cu: { because: expect.stringContaining('reference') } },
    containers: false,
  })
  expect(config.drivers).toEqual({ wasm: {} })
  expect(config.sales.cu.pricing).toEqual({ strategy: 'market', factorBps: 10_000, min: '10000', max: '40000' })
  expect(providerConfigSchema.parse(config).sales.cu).toMatchObject([
    { tier: 'standard', pricing: { otherwise: 'max' } },
  ])
})

test('a provider behind a relay is told of it', async () => {
  await newOperator('hidden')
  const relay = '/ip4/203.0.113.7/tcp/4001/p2p/16Uiu2HAmSomebody'
  const { config } = await accepting('hidden', '--units', '2', '--yes', '--wasm-only', '--relay', relay)
  expect(config).toMatchObject({ network: { relays: [relay] }, ingress: { public: false } })
})

test('without a Docker engine it says why there are no containers', async () => {
  await newOperator('bare')
  const { config } = await accepting('bare', '--units', '2', '--yes', '--socket', join(place.home, 'none.sock'))
  expect(config.drivers).toEqual({ wasm: {} })
})

/** Runs a command as the owner. @returns what it printed as JSON. @throws what it said, if it failed */
async function asOwner(...argv: string[]) {
  const { code, stdout, stderr } = await run([...argv, '--account', 'owner', '--json'], { home: place.home })
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

test('a stolen operator key is replaced: it can do nothing more, and the new one has money for fees', async () => {
  await newOperator('stolen')
  const { provider } = await registered('stolen')
  const key = await newOperator('fresh')
  const thief = () => run(['provider', 'drain', '--account', 'stolen', '--json'], { home: place.home })
  expect((await thief()).code).toBe(0)

  const wrong = ['provider', 'operator', 'fresh', '--provider', provider, '--account', 'stolen', '--json']
  expect((await run(wrong, { home: place.home })).error()).toMatchObject({ code: 'notOwner', class: 'denied' })

  const change = ['provider', 'operator', 'fresh', '--provider', provider]
  const { address } = privateKeyToAccount(key)
  const changed = await asOwner(...change)
  expect(changed).toMatchObject({ operator: { name: 'fresh', address }, transaction: expect.any(String) })
  const { balance } = await getGasMoney(await clientOf(key), { account: address })
  expect(balance).toBe(BigInt(changed.gasMoney))
  expect((await thief()).error()).toMatchObject({ code: 'noProvider' })
  const { stdout } = await run([...change, '--account', 'owner'], { home: place.home })
  expect(stdout).toContain('already')
  expect(stdout).toMatch(/it is draining; `tender provider drain --undo --account fresh`/)
  expect((await run(['provider', 'drain', '--undo', '--account', 'fresh'], { home: place.home })).code).toBe(0)
})

test('a provider is paid elsewhere, leaves with its stake, and is sold', async () => {
  const key = await newOperator('leaves')
  const { provider } = await registered('leaves')
  const market = await clientOf(key)
  const to = privateKeyToAccount(key).address
  const known = () => getProvider(market, { provider: BigInt(provider) })
  expect(await asOwner('provider', 'payout', to, '--provider', provider)).toMatchObject({ payout: to, provider })
  expect((await known()).payout).toBe(to)
  const none = await run(['provider', 'payout', 'nobody', '--account', 'owner', '--json'], { home: place.home })
  expect(none.error()).toMatchObject({ code: 'invalidInput', message: expect.stringContaining('address') })

  const leave = () => asOwner('provider', 'leave', '--provider', provider)
  const several = await run(['provider', 'leave', '--account', 'owner', '--json'], { home: place.home })
  expect(several.error()).toMatchObject({ code: 'severalProviders', hint: expect.stringContaining('--provider') })
  const left = await leave()
  expect(left.did).toEqual(['takes no new leases', 'took back 2 units of cu', 'asked its stake back'])
  expect(left).toMatchObject({ next: [expect.stringContaining('can be had from')] })
  expect(left.transactions).toHaveLength(3)
  expect(await known()).toMatchObject({ status: 'draining' })
  const owner = privateKeyToAccount(newcomerKeys.owner).address
  expect(await getStake(market, { provider: BigInt(provider), account: owner })).toMatchObject({
    shares: 0n,
    locked: 0n,
  })
  expect(await leave()).toMatchObject({ did: [], next: [expect.stringContaining('can be had from')] })

  expect(await asOwner('provider', 'transfer', to, '--provider', provider)).toMatchObject({ owner: to })
  expect(await known()).toMatchObject({ owner: to, operator: undefined, payout: to, status: 'paused' })
  const buyer = ['provider', 'leave', '--provider', provider, '--account', 'leaves', '--json']
  expect((await run(buyer, { home: place.home })).error()).toMatchObject({ code: 'noStake' })
})

test.skipIf(noEngine !== undefined)(
  'with a Docker engine containers are offered, and the provider starts with them',
  async () => {
    const docker = await startTestEngine()
    let closing: Promise<void> | undefined
    const close = () => (closing ??= docker.close())
    onTestFinished(close)
    const socket = join(docker.folder, 'docker.sock')
    await newOperator('docks')
    const { data, config } = await accepting('docks', '--units', '2', '--yes', '--socket', socket)
    expect(data.containers).toBe(true)
    expect(config).toMatchObject({ drivers: { wasm: {}, docker: { socket } }, maxBlobBytes: 2 ** 30 })

    const controller = new AbortController()
    const file = join(place.home, 'docks.json')
    let asked: Promise<string> | undefined
    const status = async () => (await run(['provider', 'status', '--config', file], { home: place.home })).stdout
    const started = await run(['provider', 'start', '--config', file, '--account', 'docks', '--json'], {
      home: place.home,
      signal: controller.signal,
      onStdout: () => {
        asked ??= status().finally(() => controller.abort())
      },
    })
    expect(started.code).toBe(0)
    expect(await asked).toMatch(/^wasm: .* of memory free.*\ndocker: .* of disk free/m)
    // The engine is dead at the next start: what is there is kept all the same, and it says what does not work.
    await close()
    const again = new AbortController()
    const without = await run(['provider', 'start', '--config', file, '--account', 'docks', '--json'], {
      home: place.home,
      signal: again.signal,
      onStdout: () => again.abort(),
    })
    expect(without.stderr).toContain('docker does not work now: the Docker engine does not answer')
  },
  180_000,
)
