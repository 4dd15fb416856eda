import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findLeaks } from '@tender/kit/testLeaks'
import { createMarketClient, sendStakeTokens } from '@tender/sdk'
import { eraSources, reportOfEra, standingReports } from '@tender/tenant'
import { hexToBytes, parseEther, zeroHash } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { governorKey, monitorRoles, newcomerKeys, providerRoles, tenantKey } from './embedded/cast.ts'
import { createKeystore } from './home/keystore.ts'
import { compareFacts, rebuildReport } from './monitors/rebuildReport.ts'
import { withMonitors } from './monitors/withMonitors.ts'
import { run, startTestMarket, type TestMarket } from './testCli.ts'

const hello = fileURLToPath(new URL('../../../examples/hello', import.meta.url))
/** Some eras of five seconds, on a machine that does much else. */
const ERAS_MS = 200_000
/** Every command looks at a market anew, and eras do not come faster for it. */
const patient = { timeout: ERAS_MS, interval: 2_500 }
vi.setConfig({ testTimeout: 2 * ERAS_MS })

let place: TestMarket
let lease: string
let provider: string
/** In which the lease served. */
let era: string
/** All that the newcomer's monitor printed. */
let told = ''

const tender = (...argv: string[]) => run(argv, { home: place.home })

/** What `--json` prints, as far as these tests look at it. */
type Asked = {
  reports: { era: string }[]
  leases: { upBps?: number }[]
  rewarded: { awards: { left: string; awarded: string }[] }[]
  disputes: { outcome?: unknown }[]
  era: string
  score: number
  level: number
  providers: unknown[]
  performance?: { uptimeBps?: number }
  inputs?: { ratingBps: number }
  running?: { weight: number }
}

async function asked(...argv: string[]): Promise<Asked> {
  const done = await tender(...argv, '--json')
  if (done.code > 1) throw new Error(done.stderr)
  return JSON.parse(done.stdout)
}

beforeAll(async () => {
  place = await startTestMarket({ monitors: true })
  const directory = join(place.home, 'hello')
  await mkdir(directory)
  await cp(join(hello, 'hello.wasm'), join(directory, 'hello.wasm'))
  await writeFile(join(directory, 'compose.yaml'), await readFile(join(hello, 'compose.yaml'), 'utf8'))
  const up = await tender('up', join(directory, 'compose.yaml'), '--auction', '60s', '--json')
  if (up.code !== 0) throw new Error(up.stderr)
  const [opened] = JSON.parse(up.stdout).leases
  lease = opened.leaseId
  provider = opened.provider
})
afterAll(() => place?.stop())

/** In which it did not serve. */
const emptyEras = new Set<string>()

/** An era in which the lease served, once its report counts; empty if there is none yet. */
async function servedEra(): Promise<string> {
  const { reports } = await asked('era', 'list')
  for (const { era: reported } of reports) {
    if (emptyEras.has(reported)) continue
    const { leases } = await asked('era', 'show', reported)
    if (leases.some(({ upBps = 0 }) => upBps > 0)) return reported
    emptyEras.add(reported)
  }
  return ''
}

test('an era is shown with its evidence, and its report follows from its data', async () => {
  await expect
    .poll(async () => {
      era = await servedEra()
      return era
    }, patient)
    .toMatch(/\d/)
  const shown = await tender('era', 'show', era, '--lease', lease.slice(0, 10))
  expect(shown.stdout).toMatch(/signed 0x[0-9a-f]{8}: .* up by \d+ probes/)
  expect((await tender('era', 'show', era, '--lease', '0000')).code).toBe(5)
  const verified = await tender('report', 'verify', era, '--json')
  expect(verified.code).toBe(0)
  expect(JSON.parse(verified.stdout)).toMatchObject({ good: true, complete: true, leases: 1 })
  expect(verified.stdout).toContain("are the chain's")
  expect((await tender('report', 'verify', '9999')).stderr).toContain('has no report')
})

test('a report that does not follow from its data, or rests on other facts than the chain’s, is found out', async () => {
  const { rpcUrl, book, bootstrap } = place.market
  const market = await createMarketClient({ rpcUrl, book })
  const profile = { version: 1, rpcUrl, book, bootstrap } as const
  const { signal } = new AbortController()
  const reports = await standingReports(market)
  const report = reportOfEra(reports, BigInt(era))
  await withMonitors({ signal }, { profile, market }, async (monitors) => {
    const sources = eraSources(monitors, market, reports)
    const forged = await rebuildReport({ ...report, root: zeroHash }, sources)
    expect(forged.checks).toEqual([{ check: 'data', good: false, says: expect.stringContaining('root') }])
    const { verified } = await rebuildReport(report, sources)
    const [from, parts] = [verified?.facts.from ?? 0, verified?.dataSet.facts ?? []]
    const found = (over: object) =>
      compareFacts(market, { era: report.era, from, until: report.coveredUntil, ...over }, parts, signal)
    expect(await found({})).toMatchObject({ good: true })
    expect(await found({ from: from - 1 })).toMatchObject({ good: false })
  })
})

test("a provider's reputation is read from the last report, with its proof", async () => {
  const shown = await asked('provider', 'reputation', provider)
  // A busy machine may have been down for a moment, or slow to prove its units.
  const share = expect.toSatisfy((bps: number) => bps > 0 && bps <= 10_000)
  expect(shown).toMatchObject({
    provider,
    inputs: { uptimeBps: share, performanceBps: expect.any(Number), completedBps: 10_000, ratingBps: 7_500 },
    performance: { uptimeBps: share, complianceBps: expect.any(Number) },
  })
  // The same as who recomputes the whole era finds.
  const { providers } = await asked('era', 'show', shown.era)
  const { score, level, performance } = shown
  expect(providers).toContainEqual({ provider, score, level, uptimeBps: performance?.uptimeBps })
  expect((await tender('provider', 'reputation', provider)).stdout).toMatch(/agreement compliance +\d/)
  expect((await tender('provider', 'reputation', 'x')).code).toBe(5)
})

test('a dispute has an era recounted, and the bond is lost if nothing changes', async () => {
  const { rpcUrl, book } = place.market
  const governor = await createMarketClient({ rpcUrl, book, account: privateKeyToAccount(governorKey) })
  await sendStakeTokens(governor, { to: privateKeyToAccount(tenantKey).address, amount: parseEther('5') })
  const opened = await asked('dispute', 'open', lease, era, '--yes')
  expect(opened).toMatchObject({ dispute: '1', era, bond: String(parseEther('1')) })
  expect((await tender('dispute', 'show')).stdout).toMatch(new RegExp(`1 +${lease.slice(0, 10)} +${era} `))
  expect((await tender('dispute', 'show', '7')).code).toBe(5)
  const outcome = async () => (await asked('dispute', 'show', '1')).disputes[0]?.outcome
  await expect.poll(outcome, patient).toEqual({ upheld: false, returned: '0' })
})

test('a lease is rated once it is over, once, and the rating counts', async () => {
  expect((await tender('rate', lease, '6')).code).toBe(2)
  expect((await tender('rate', lease, '5')).stderr).toContain('not over')
  expect((await tender('close', lease, '--yes')).code).toBe(0)
  // Each takes it once it has read of the end, and the same stars again are the same rating.
  const rated = () => asked('rate', lease, '5')
  await expect.poll(rated, patient).toMatchObject({ stars: 5, taken: 4, monitors: 4 })
  expect((await tender('rate', lease, '1')).stderr).toContain('rated before')
  const rating = async () => (await asked('provider', 'reputation', provider)).inputs?.ratingBps
  await expect.poll(rating, patient).toBeGreaterThan(7_500)
})

test('what reports award is shown and paid, once', async () => {
  const monitors = monitorRoles.map(({ key }) => privateKeyToAccount(key).address)
  const awards = async (monitor = '') => (await asked('rewards', 'show', '--monitor', monitor)).rewarded[0]?.awards[0]
  const earners = async () => {
    const all = await Promise.all(monitors.map(async (monitor) => ({ monitor, award: await awards(monitor) })))
    return all.flatMap(({ monitor, award }) => (Number(award?.awarded ?? 0) > 0 ? [monitor] : []))
  }
  await expect.poll(earners, patient).not.toHaveLength(0)
  const [monitor = ''] = await earners()
  const claimed = await tender('rewards', 'claim', '--monitor', monitor, '--yes')
  // Monitors claim by themselves too: whoever comes second finds nothing left.
  expect(claimed.stdout).toMatch(/got 0\.\d+ USDC|nothing is left/)
  expect((await awards(monitor))?.left).toBe('0')
})

test('who has stake becomes a monitor, runs, and says how it is', async () => {
  const password = join(place.home, 'monitor.password')
  await writeFile(password, 'correct horse\n')
  const secret = { privateKey: newcomerKeys.owner, password: 'correct horse', scryptN: 1024 }
  await createKeystore(place.home, 'newcomer', secret)
  const config = join(place.home, 'monitor.json')
  const as = ['--config', config, '--account', 'newcomer', '--password-file', password]

  expect((await tender('monitor', 'init', ...as, '--weight', '1')).stderr).toContain('at least 100')
  expect((await tender('monitor', 'init', ...as, '--weight', '99999999')).code).toBe(3)
  expect(await asked('monitor', 'init', ...as, '--port', '0')).toMatchObject({
    weight: 100,
    did: { joined: true, configWritten: true },
  })
  expect(await asked('monitor', 'init', ...as)).toMatchObject({ did: { joined: false, configWritten: false } })
  expect((await tender('monitor', 'status', ...as)).stdout).toContain('does not run here')

  const controller = new AbortController()
  const running = run(['monitor', 'start', ...as], {
    home: place.home,
    signal: controller.signal,
    onStdout: (text: string) => {
      told += text
    },
  })
  await expect.poll(() => told).toMatch(/runs; Ctrl-C stops it.*\/p2p\//s)
  const weight = async () => (await asked('monitor', 'status', ...as)).running?.weight
  await expect.poll(weight, patient).toBe(100)
  expect((await tender('monitor', 'status', ...as)).stdout).toContain('runs here')
  controller.abort()
  const { code, stderr } = await running
  expect(code).toBe(0)
  told += stderr

  const leave = () => tender('monitor', 'leave', ...as.slice(2), '--yes')
  expect((await leave()).stdout).toMatch(/left\n {2}it counts until era \d+/)
  await expect.poll(async () => (await leave()).stdout, patient).toContain('unlocked its stake, asked its stake back')
  expect((await leave()).stdout).toContain('the rest can be had from')
})

test('no key of anybody is in what daemons printed, keep or have logged', async () => {
  const keys = {
    governance: governorKey,
    'the tenant': tenantKey,
    'the newcomer': newcomerKeys.owner,
    ...Object.fromEntries(monitorRoles.map(({ name, key }) => [`monitor ${name}`, key])),
    ...Object.fromEntries(
      providerRoles.flatMap(({ name, operatorKey, ownerKey }) => [
        [`operator of ${name}`, operatorKey],
        [`owner of ${name}`, ownerKey],
      ]),
    ),
  }
  const secrets = Object.fromEntries(Object.entries(keys).map(([whose, key]) => [whose, hexToBytes(key)]))
  const { leaks } = findLeaks(
    { ...secrets, 'a password': 'correct horse' },
    {
      texts: { 'the newcomer’s monitor': told },
      directories: [place.home],
      // Where the password was written for the commands to read.
      skipped: (path) => path === 'monitor.password',
    },
  )
  expect(leaks).toEqual([])
  // Each monitor's state and log was looked through.
  const logs = findLeaks({ 'what all of them log': '"level":"' }, { directories: [place.home] }).leaks
  for (const { name } of monitorRoles) expect(logs.some((leak) => leak.includes(name))).toBe(true)
})
