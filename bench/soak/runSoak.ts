import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { governorKey, monitorRoles, providerRoles, tenantKey } from '@tender/cli'
import { TimedOutError } from '@tender/protocol'
import { createMarketClient, getStake } from '@tender/sdk'
import type { Address } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { type Books, isSettled, readBooks } from './accounts.ts'
import { type Climb, judge } from './judge.ts'
import { type Done, nothingDone, runLoad } from './load.ts'
import { type Sample, takeSamples } from './sample.ts'
import { type SoakedMarket, startMarket } from './startMarket.ts'
import { fundTenants, type SoakTenant } from './tenants.ts'

/** What a soak saw. */
export type Soaked = {
  minutes: number
  done: Done
  samples: Sample[]
  climbs: Climb[]
  books: Books
  /** Stake tokens of each monitor, smallest units. */
  stakes: { who: string; before: bigint; after: bigint }[]
}

export type SoakOptions = {
  /** An empty folder. */
  home: string
  minutes: number
  signal: AbortSignal
  /** Told what happens now. */
  tell(text: string): void
}

/** Three rent, one has jobs run. */
const TENANTS = 4
/** For reports of two eras, and for a job's verdict. */
const SETTLE_MS = 600_000
const LOOK_EVERY_MS = 2_000
const TELL_EVERY_MS = 30_000

const example = join(import.meta.dirname, '../../examples/hello/compose.yaml')

/** Starts a market, loads it, waits until all is settled, and reads what there is to say of it. */
export async function runSoak({ home, minutes, signal, tell }: SoakOptions): Promise<Soaked> {
  tell('starting the market')
  const market = await startMarket(join(home, 'market'), signal)
  const broken = AbortSignal.any([signal, market.ended])
  try {
    const tenants = await fundTenants(market, { count: TENANTS, directory: join(home, 'tenants') })
    const before = await readStakes(market)
    const done = nothingDone()
    const samples: Sample[] = []
    await load(market, { tenants, done, samples, minutes, signal: broken, tell })
    tell('waiting until every lease is settled')
    await settled(market, broken)
    const books = await readBooks(market, namesOf(market, tenants))
    const after = await readStakes(market)
    const stakes = after.map(({ who, amount }, index) => ({ who, before: before[index]?.amount ?? 0n, after: amount }))
    return { minutes, done, samples, climbs: judge(samples), books, stakes }
  } finally {
    tell('stopping the market')
    await market.stop()
  }
}

type Loading = Omit<SoakOptions, 'home'> & { tenants: readonly SoakTenant[]; done: Done; samples: Sample[] }

/** So many minutes of load, with a sample every few seconds. */
async function load(market: SoakedMarket, { tenants, done, samples, minutes, signal, tell }: Loading): Promise<void> {
  const finishing = AbortSignal.any([signal, AbortSignal.timeout(minutes * 60_000)])
  const failed = new AbortController()
  const until = AbortSignal.any([finishing, failed.signal])
  const sampling = takeSamples(market, { done, keep: (sample) => void samples.push(sample), until })
  sampling.catch((error) => failed.abort(error)) // awaited below
  const telling = setInterval(() => tell(wordsOf(done, samples.at(-1))), TELL_EVERY_MS)
  try {
    await runLoad(market, { tenants, file: example, done, finishing: until, signal })
    await sampling
    signal.throwIfAborted()
  } finally {
    clearInterval(telling)
    failed.abort()
  }
}

function wordsOf({ leases, visits, failedVisits, jobs, failures }: Done, last: Sample | undefined): string {
  const memory = Math.round((last?.roles.market?.residentBytes ?? 0) / 2 ** 20)
  const trouble = failures.length > 0 ? `; ${failures.length} failures, the last: ${failures.at(-1)}` : ''
  return `${Math.round(last?.seconds ?? 0)} s: ${leases} leases, ${visits} visits (${failedVisits} failed), ${jobs} jobs, ${memory} MiB${trouble}`
}

async function settled(market: SoakedMarket, signal: AbortSignal): Promise<void> {
  const deadline = AbortSignal.timeout(SETTLE_MS)
  while (!(await isSettled(market))) {
    if (deadline.aborted) throw new TimedOutError('the settlement of all leases', { limitMs: SETTLE_MS })
    await sleep(LOOK_EVERY_MS, undefined, { signal })
  }
}

async function readStakes({ rpcUrl, book }: SoakedMarket): Promise<{ who: string; amount: bigint }[]> {
  const market = await createMarketClient({ rpcUrl, book })
  return Promise.all(
    monitorRoles.map(async ({ name, key }) => {
      const account = privateKeyToAccount(key).address
      return { who: name, amount: (await getStake(market, { monitor: account, account })).bonded }
    }),
  )
}

function namesOf({ book: { contracts } }: SoakedMarket, tenants: readonly SoakTenant[]): Map<Address, string> {
  const addressOf = (key: `0x${string}`) => privateKeyToAccount(key).address
  const renting = tenants.flatMap(({ name, market: { account } }) =>
    account ? [[account.address, name] as const] : [],
  )
  return new Map<Address, string>([
    ...renting,
    ...providerRoles.map(({ name, ownerKey }) => [addressOf(ownerKey), `provider ${name}`] as const),
    ...monitorRoles.map(({ name, key }) => [addressOf(key), `monitor ${name}`] as const),
    [addressOf(tenantKey), 'the ready-made tenant'],
    [addressOf(governorKey), 'governance'],
    [contracts.rewards, 'fees (Rewards)'],
    [contracts.jobs, 'Jobs'],
    [contracts.orderBook, 'OrderBook'],
  ])
}
