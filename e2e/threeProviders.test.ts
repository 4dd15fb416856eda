import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { fetchWorkload, type WorkloadResponse } from '@tender/cli'
import { findLeaks, type Secrets } from '@tender/kit/testLeaks'
import { owed } from '@tender/protocol'
import { findTermsOfLease, getLease } from '@tender/sdk'
import { type Hex, hexToBytes } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { missingForContainers } from './support/missing.ts'
import { DEADLINE_MS, type NatMarket, startNatMarket } from './support/natMarket.ts'
import { killTenders } from './support/tender.ts'

// Three providers, two of them behind routers that let nobody in, and a relay. One application of three services with a database
// on each; their agents and engines are killed; it is updated twice; nobody wrote its secrets down; and it is paid for to the unit.

const missing = await missingForContainers()
if (missing) console.warn(`skipped: ${missing}`)

const shop = fileURLToPath(new URL('../examples/shop', import.meta.url))

let folder: string
let market: NatMarket
let leases: Up['leases'] = []
/** What the tenant had before it rented. */
let before: bigint
beforeAll(async () => {
  if (missing) return
  folder = await mkdtemp(join(tmpdir(), 'tender-e2e-'))
  await cp(join(shop, 'compose.yaml'), join(folder, 'compose.yaml'))
  await promisify(execFile)(process.execPath, [join(shop, 'build.ts'), folder])
  market = await startNatMarket()
}, DEADLINE_MS)
afterAll(async () => {
  await market?.close()
  killTenders()
  if (folder) await rm(folder, { recursive: true, force: true })
}, DEADLINE_MS)

type Up = { leases: { leaseId: Hex; provider: string; url: string }[] }

/** Changes the Compose file, and brings the application up. */
async function up(change: (text: string) => string): Promise<Up['leases']> {
  const file = join(folder, 'compose.yaml')
  await writeFile(file, change(await readFile(file, 'utf8')))
  // CAST: what the command says of itself in its help
  return ((await market.tender('up', file, '--yes', '--auction', '30s')) as Up).leases
}

/** What a visitor reads; undefined while nobody answers. Visitors count, so an answer is asked for once. */
async function visit(url: string): Promise<WorkloadResponse | undefined> {
  return fetchWorkload(url, AbortSignal.timeout(DEADLINE_MS)).catch(() => undefined)
}

/** Visits until the page is there. @returns the number of the visit */
async function visits(url: string, greeting: string): Promise<number> {
  let page: WorkloadResponse | undefined
  await expect
    .poll(
      async () => {
        page = await visit(url)
        return `${url}: ${page?.status} ${page?.body}`
      },
      { timeout: DEADLINE_MS, interval: 200 },
    )
    .toContain(`${url}: 200`)
  expect(page?.body).toContain(greeting)
  return Number(/visitor (\d+)/.exec(page?.body ?? '')?.[1])
}

test.skipIf(missing)(
  'an application lives through kills and updates, wherever its provider is',
  async () => {
    before = await market.deposited()
    leases = await up((text) =>
      text.replace('max-price: 0.05 USDC/h', 'max-price: 0.05 USDC/h\n  replicas: 3\n  spread: distinct-providers'),
    )
    expect(leases.map(({ provider }) => provider).sort()).toEqual(['1', '2', '3'])
    const urls = leases.map(({ url }) => url)
    // Those behind a router answer at the relay's address.
    expect(urls.filter((url) => url.includes('.relay.localhost'))).toHaveLength(2)
    const all = (greeting: string) => Promise.all(urls.map((url) => visits(url, greeting)))
    let last = await all('Welcome to the shop.')
    const goesOn = async (greeting: string) => {
      const now = await all(greeting)
      for (const [index, visit] of now.entries()) expect(visit).toBeGreaterThan(last[index] ?? 0)
      last = now
    }

    // The agents.
    for (const provider of market.providers) await provider.killAgent()
    for (const provider of market.providers) await provider.startAgent()
    await goesOn('Welcome to the shop.')

    // An update.
    const updated = await up((text) => text.replace('Welcome to the shop.', 'Welcome back.'))
    expect(updated.map(({ leaseId }) => leaseId).sort()).toEqual(leases.map(({ leaseId }) => leaseId).sort())
    await goesOn('Welcome back.')

    // The engines, with everything that runs in them.
    for (const provider of market.providers) await provider.killEngine()
    for (const provider of market.providers) await provider.startEngine()
    await goesOn('Welcome back.')

    // Another update, of a file that is mounted.
    await up((text) => text.replace('Everything must go.', 'Everything stays.'))
    await goesOn('Everything stays.')

    // Ways in, through routers and relay.
    for (const { leaseId } of leases) {
      const { code, stdout } = await market.start('exec', leaseId, '--service', 'db', '--', 'wc', '-l', '/data/visits')
        .finished
      expect([code, Number.parseInt(stdout, 10)]).toEqual([
        0,
        last[leases.findIndex((lease) => lease.leaseId === leaseId)],
      ])
    }
  },
  900_000,
)

/** Keys of all that take part, and the database's password. */
async function secrets(): Promise<Secrets> {
  const agents = join(market.folder, 'tenant', 'agents')
  const files = await readdir(agents)
  const agentKeys = await Promise.all(files.map(async (file) => (await readFile(join(agents, file), 'utf8')).trim()))
  const keys = Object.entries(market.keys).map(([whose, key]) => [whose, hexToBytes(key)] as const)
  return {
    ...Object.fromEntries(keys),
    // CAST: written by the command line
    ...Object.fromEntries(agentKeys.map((key, index) => [`the key of agent ${index}`, hexToBytes(key as Hex)])),
    'the database’s password': (await readFile(join(folder, 'db-password.txt'), 'utf8')).trim(),
  }
}

/**
 * The one place of agents' keys: all others are encrypted where they lie. And roots of containers: their layers are looked through
 * where they are kept.
 */
function isSkipped(path: string): boolean {
  return path.startsWith('tenant/agents/') || /\/(merged|rootfs)\//.test(path)
}

/** All that anybody sent to the chain, and all that contracts said. */
async function onChain(): Promise<string> {
  const { rpc } = market.tenant
  const latest = await rpc.getBlockNumber()
  const sent: unknown[] = []
  for (let blockNumber = 0n; blockNumber <= latest; blockNumber++) {
    const { transactions } = await rpc.getBlock({ blockNumber, includeTransactions: true })
    sent.push(transactions.map(({ input }) => input))
  }
  const logs = await rpc.getLogs({ fromBlock: 0n })
  return JSON.stringify([sent, logs.map(({ topics, data }) => [topics, data])])
}

test.skipIf(missing)(
  'no secret is in what anybody printed, kept or sent to the chain',
  async () => {
    const said = market.said()
    const chain = await onChain()
    const { leaks, places } = findLeaks(await secrets(), {
      texts: { ...said, 'the chain': chain },
      directories: [market.folder],
      skipped: isSkipped,
    })
    expect(leaks).toEqual([])
    // It was looked through: homes, states and engines have many files, and whose lease it was is said everywhere.
    expect(places).toBeGreaterThan(200)
    const leaseId = leases[0]?.leaseId ?? ''
    expect(leaseId).not.toBe('')
    expect(chain).toContain(leaseId.slice(2))
    const talkers = Object.entries(said).filter(([, text]) => text.includes(leaseId))
    expect(talkers.some(([command]) => command.includes('provider start'))).toBe(true)
  },
  DEADLINE_MS,
)

test.skipIf(missing)(
  'it is paid for to the unit, and gone',
  async () => {
    for (const { leaseId } of leases) await market.tender('close', leaseId, '--yes', '--wait', '2m')
    let cost = 0n
    for (const { leaseId } of leases) {
      const terms = await findTermsOfLease(market.tenant, { leaseId })
      const { status, stop, secondsPaid, held } = await getLease(market.tenant, { lease: terms })
      expect({ status, secondsPaid, held }).toEqual({ status: 'resolved', secondsPaid: stop - terms.start, held: 0n })
      cost += owed(terms.rate, secondsPaid)
    }
    expect(await market.deposited()).toBe(before - cost)
    for (const { url } of leases)
      await expect.poll(async () => (await visit(url))?.status, { timeout: DEADLINE_MS }).not.toBe(200)
  },
  DEADLINE_MS,
)
