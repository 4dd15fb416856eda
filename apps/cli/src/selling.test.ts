import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newcomerKeys } from './embedded/cast.ts'
import { keepPlayKey } from './home/keystore.ts'
import { writeMarketProfile } from './home/marketProfile.ts'
import { run, startTestMarket, type TestMarket } from './testCli.ts'

const example = fileURLToPath(new URL('../../../examples/hello', import.meta.url))

let place: TestMarket
let config: string
const stopping = new AbortController()
let running: Promise<unknown>

const tender = (...argv: string[]) => run(argv, { home: place.home })

/** Runs a command. @returns what it printed as JSON. @throws what it said, if it failed */
async function said(...argv: string[]) {
  const { code, stdout, stderr } = await tender(...argv, '--json')
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

const provider = (...argv: string[]) => said('provider', ...argv)
const status = () => provider('status', '--config', config)

/** A project that wants two units in a tier. */
async function project(name: string, tier: string): Promise<string> {
  const directory = join(place.home, 'projects', name)
  await mkdir(directory, { recursive: true })
  await cp(join(example, 'hello.wasm'), join(directory, 'hello.wasm'))
  const file = join(directory, 'compose.yaml')
  const compose = await readFile(join(example, 'compose.yaml'), 'utf8')
  await writeFile(file, `${compose.replace('cpus: "1"', 'cpus: "2"')}  tier: ${tier}\n`)
  return file
}

/** The market's one provider: two units, in two tiers, of which the cheaper one makes room for the better. */
beforeAll(async () => {
  place = await startTestMarket()
  for (const [name, key] of Object.entries(newcomerKeys)) await keepPlayKey(place.home, name, key)
  config = join(place.home, 'provider.json')
  const words = ['--account', 'owner', '--country', 'DE', '--units', '2', '--price', '0.03 USDC/h', '--wasm-only']
  await provider('init', ...words, '--config', config)
  const written = JSON.parse(await readFile(config, 'utf8'))
  const [standard] = [written.sales.cu]
  const spot = { ...standard, pricing: { strategy: 'market', min: '8000', max: '9000' }, tier: 'interruptible' }
  written.sales.cu = [standard, { ...spot, noticeSeconds: 2, interruptAboveBps: 15_000 }]
  written.network = { listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [] }
  written.ingress.port = 0
  await writeFile(config, JSON.stringify(written))

  for (const other of place.market.providers) await other.provider.stop()
  const started = Promise.withResolvers<{ addresses: string[] }>()
  running = run(['provider', 'start', '--config', config, '--account', 'operator', '--json'], {
    home: place.home,
    signal: stopping.signal,
    onStdout: (line) => started.resolve(JSON.parse(line)),
  }).then(({ stderr }) => started.reject(new Error(stderr)))
  const { addresses } = await started.promise
  const { rpcUrl, book } = place.market
  await writeMarketProfile(place.home, 'dev', { version: 1, rpcUrl, book, bootstrap: addresses, account: 'dev' })
})
afterAll(async () => {
  stopping.abort()
  await running
  await place?.stop()
})

let spotLease: string
let betterLease: string

test('an order gets the cheapest tier that does, at the price of the market while there is none', async () => {
  const up = await said('up', await project('spot', 'interruptible'), '--auction', '5s')
  expect(up.leases).toMatchObject([{ provider: '4', rate: '18000' }])
  spotLease = up.leases[0].leaseId
  const { capacity, leases, drivers } = await status()
  expect(capacity).toMatchObject([{ resource: 'cu', committedUnits: 2, leasedUnits: 2 }])
  expect(leases).toMatchObject([{ leaseId: spotLease, phase: 'running' }])
  expect(drivers).toMatchObject([{ kind: 'wasm', healthy: true }])
})

test('a better order that cannot wait for the notice is declined, with numbers', async () => {
  const file = await project('hasty', 'standard')
  expect((await tender('up', file, '--auction', '5s', '--json')).error().code).toBe('noBids')
  const { answers } = await said('order', 'why')
  expect(answers).toMatchObject([
    { provider: '4', decision: 'declined', reasons: [{ rule: 'units', asked: '2', possible: '0' }] },
  ])
  expect((await status()).refusals).toMatchObject([{ rule: 'units', count: 1 }])
  expect((await status()).leases).toMatchObject([{ leaseId: spotLease, phase: 'running' }])
})

test('one that can gets the units: the interruptible lease ends with its notice, before the auction does', async () => {
  const up = await said('up', await project('better', 'standard'), '--auction', '40s')
  expect(up.leases).toMatchObject([{ provider: '4', rate: '60000' }])
  betterLease = up.leases[0].leaseId
  const { leases } = await said('ps', '--all')
  expect(leases).toContainEqual(
    expect.objectContaining({
      leaseId: spotLease,
      status: 'ended',
      reason: 'interrupted by the provider, with notice',
    }),
  )
  const { earnings } = await status()
  expect(BigInt(earnings[0].amount)).toBeGreaterThan(0n)
})

test('only an interruptible lease is interrupted by hand', async () => {
  const refused = await tender('provider', 'interrupt', betterLease.slice(0, 8), '--config', config, '--json')
  expect(refused.error()).toMatchObject({ code: 'notInterruptible', class: 'conflict' })
  expect((await tender('provider', 'interrupt', '0xffffffff', '--config', config, '--json')).error()).toMatchObject({
    code: 'unknownLease',
  })
})

test('draining takes nothing new and serves what runs, until it is taken back', async () => {
  const drained = await provider('drain', '--account', 'operator')
  expect(drained).toMatchObject({ provider: '4', status: 'draining', leases: [{ leaseId: betterLease }] })
  expect((await tender('provider', 'drain', '--account', 'owner')).stdout).toMatch(
    /takes no new leases; 1 still run\n.*\n0x\w+ +2 +\d+[hm]/,
  )
  const waiting = provider('drain', '--wait', '--account', 'operator')
  await said('close', betterLease)
  expect(await waiting).toMatchObject({ leases: [] })

  const file = await project('late', 'standard')
  expect((await tender('up', file, '--auction', '5s', '--json')).error().code).toBe('noBids')
  const { answers } = await said('order', 'why')
  expect(answers).toMatchObject([
    { reasons: expect.arrayContaining([expect.objectContaining({ rule: 'providerNotActive' })]) },
  ])

  expect(await provider('drain', '--undo', '--account', 'operator')).toMatchObject({ status: 'active', leases: [] })
  const up = await said('up', file, '--auction', '5s')
  expect(up.leases).toMatchObject([{ provider: '4', rate: '60000' }])
  const [{ leaseId }] = up.leases
  await said('close', leaseId)
})
