import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createKeystore } from './home/keystore.ts'
import { run, startTestMarket, type TestMarket } from './testCli.ts'

let place: TestMarket
let asOperator: string[]
let config: string

beforeAll(async () => {
  place = await startTestMarket()
  const [first] = place.market.providers
  if (!first) throw new Error('the embedded market has providers')
  const password = join(place.home, 'operator.password')
  await writeFile(password, 'correct horse\n')
  const { operatorKey, ownerKey } = first.role
  await createKeystore(place.home, 'operator', { privateKey: operatorKey, password: 'correct horse', scryptN: 1024 })
  await createKeystore(place.home, 'owner', { privateKey: ownerKey, password: 'correct horse', scryptN: 1024 })
  asOperator = ['--account', 'operator', '--password-file', password]
  config = join(place.home, 'provider.json')
  // The same provider as the embedded market's first, from a file.
  const { rpcUrl, book } = place.market
  const bootstrap = place.market.bootstrap.slice(1)
  await writeFile(
    config,
    JSON.stringify({
      stateDir: join('dev', 'providers', first.role.name),
      rpcUrl,
      book,
      network: { listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap },
      ingress: { port: 0 },
      sales: { cu: { pricing: { strategy: 'fixed', price: '24000' } } },
    }),
  )
})
afterAll(() => place?.stop())

const tender = (...argv: string[]) => run(argv, { home: place.home })

test('capacity is shown, committed and taken back', async () => {
  const shown = await tender('provider', 'capacity', ...asOperator)
  expect(shown.stdout).toMatch(
    /provider 1 commits 8 units of cu, for \d+d.*: 0 are leased\nstake 880 \w+: 800 \w+ locked/,
  )
  const less = await tender('provider', 'capacity', 'uncommit', '3', ...asOperator, '--json')
  expect(less.data()).toMatchObject({ committed: 5, leased: 0, free: 5 })
  // A commitment may not end earlier than it was said to, so the shorter time asked for here is not taken.
  const more = await tender('provider', 'capacity', 'commit', '3', '--for', '1d', ...asOperator, '--json')
  expect(more.data()).toMatchObject({ committed: 8 })
  const tooMuch = await tender('provider', 'capacity', 'commit', '100', ...asOperator)
  expect(tooMuch.code).toBe(3)
  expect(tooMuch.stderr).toMatch(/stake/)
  expect((await tender('provider', 'capacity', 'double', '8')).code).toBe(2)
  expect((await tender('provider', 'capacity', 'commit', 'many', ...asOperator)).code).toBe(2)
  expect((await tender('provider', 'capacity')).stderr).toContain('neither operates nor owns a provider')
  expect((await tender('provider', 'capacity', '--account', 'owner')).stdout).toContain('provider 1 commits 8')
})

test('a key that everybody knows sells nothing where money is real', async () => {
  const real = join(place.home, 'real.json')
  const { book, ...rest } = JSON.parse(await readFile(config, 'utf8'))
  await writeFile(real, JSON.stringify({ ...rest, book: { ...book, chainId: 1 } }))
  const started = await tender('provider', 'start', '--config', real, '--account', 'dev', '--json')
  expect(started.error()).toMatchObject({ code: 'playKey', class: 'denied' })
})

test('a provider tells how it is while it runs, the chain when it does not, and starts from its file', async () => {
  const running = await tender('provider', 'status', '--config', config)
  expect(running.stdout).toMatch(/provider 1, operator 0x\w{40}\nruns here/)
  expect(running.stdout).toMatch(/cu +8 +0/)
  expect((await tender('provider', 'start', '--config', config, ...asOperator, '--json')).error().code).toBe(
    'storeInUse',
  )

  await place.market.providers[0]?.provider.stop()
  const stopped = await tender('provider', 'status', '--config', config, '--account', 'operator')
  expect(stopped.stdout).toMatch(/does not run here.*\n.*\ncu +8 +0/)

  const controller = new AbortController()
  let asked: Promise<{ stdout: string }> | undefined
  const started = await run(['provider', 'start', '--config', config, ...asOperator, '--json'], {
    home: place.home,
    signal: controller.signal,
    onStdout: () => {
      asked ??= tender('provider', 'status', '--config', config).finally(() => controller.abort())
    },
  })
  expect(started.code).toBe(0)
  expect(started.data()).toMatchObject({ provider: '1', addresses: [expect.stringContaining('/p2p/')] })
  expect((await asked)?.stdout).toContain('runs here')
  const lines = started.stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines).toContainEqual(expect.objectContaining({ level: 'info', name: 'provider', msg: 'provider started' }))
})

test('a configuration that is missing or wrong says what', async () => {
  expect((await tender('provider', 'status')).code).toBe(2)
  expect((await tender('provider', 'status', '--config', join(place.home, 'none.json'))).code).toBe(5)
  const wrong = join(place.home, 'wrong.json')
  await writeFile(
    wrong,
    JSON.stringify({ stateDir: 'x', sales: { cu: { pricing: { strategy: 'fixed', price: '2 USDC' } } } }),
  )
  const status = await tender('provider', 'status', '--config', wrong)
  expect(status.code).toBe(2)
  expect(status.stderr).toContain('rpcUrl')
  expect(status.stderr).toContain('smallest units')
})
