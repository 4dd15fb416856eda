/**
 * Orders matched a second on one machine, from the signature to the lease on the chain, and what an order costs each provider, by how many
 * providers there are and how many orders are open at once. `npm run bench:market [-- --providers 10,100] [-- --json]`
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureGossip } from './market/gossip.ts'
import { idle, load } from './market/load.ts'
import { marketTables, type SizeRun } from './market/marketTables.ts'
import { sizesOf } from './market/sizesOf.ts'
import { startStage } from './market/stage.ts'
import { startCrowd } from './market/startCrowd.ts'
import { orderOnce, planOfHello } from './market/tenants.ts'
import { runBench } from './report/runBench.ts'
import type { BenchResult } from './report/types.ts'

/** Each announces its capacity once in that time. */
const REST_SECONDS = 60
/** For as many leases as may fall to one of them. */
const UNITS_OF_EACH = 1_000

const options = {
  providers: { default: '10,100', about: 'sizes of the market' },
  open: { default: '1,10', about: 'orders open at once' },
  peers: { default: '10,100,500', about: 'peers that only gossip' },
  seconds: { default: 10, about: 'how long new orders are begun, for each number open at once' },
}
type Options = { providers: string; open: string; peers: string; seconds: number }

await runBench('market', measure, {
  about:
    'Orders matched a second on one machine, and how gossip, processor and memory grow with providers and open orders.',
  options,
})

async function measure({ providers, open, peers, seconds }: Options, signal: AbortSignal): Promise<BenchResult> {
  const gossip = await measureGossip(sizesOf('peers', peers), signal)
  const runs: SizeRun[] = []
  for (const size of sizesOf('providers', providers)) {
    runs.push(await measureSize({ size, open: sizesOf('open', open), seconds }, signal))
  }
  const [matched, cost, resting] = marketTables(runs)
  return {
    bench: 'market',
    title: 'Market throughput',
    question:
      'How many orders a second are matched on one machine, and what does each cost each provider, as providers and open orders become more; the floor is one order in the smallest market.',
    tables: [matched, cost, resting, gossip],
    charts: [
      {
        title: 'Orders matched a second',
        table: 0,
        kind: 'line',
        x: 'open',
        y: 'perSecond',
        series: 'providers',
        log: 'both',
      },
      {
        title: 'Processor time of a provider for an order',
        table: 1,
        kind: 'line',
        x: 'open',
        y: 'cpu',
        series: 'providers',
        log: 'x',
      },
      {
        title: 'What a peer receives for an order',
        table: 3,
        kind: 'line',
        x: 'peers',
        y: 'bytes',
        series: 'dials',
        log: 'x',
      },
    ],
  }
}

type Size = { size: number; open: readonly number[]; seconds: number }

/** A market of that size, with everything that it needs, from its start to its end. */
async function measureSize({ size, open, seconds }: Size, signal: AbortSignal): Promise<SizeRun> {
  const cleanups: (() => unknown)[] = []
  const say = (words: string) => console.error(`${size} providers: ${words}`)
  try {
    const folder = await mkdtemp(join(tmpdir(), 'tender-bench-'))
    cleanups.push(() => rm(folder, { recursive: true, force: true }))
    say('registering')
    const tenants = Math.max(...open)
    const stage = await startStage({ providers: size, tenants, unitsOfEach: UNITS_OF_EACH }, cleanups)
    const { chain, book } = stage.market
    const { operatorKeys } = stage
    const onStarted = (count: number) => count % 10 === 0 && say(`${count} started`)
    const place = { rpcUrl: chain.url, book }
    const crowd = await startCrowd({ place, folder: join(folder, 'providers'), operatorKeys }, { signal, onStarted })
    cleanups.push(crowd.stop)
    const plan = await planOfHello(join(folder, 'plan'))
    const ordering = { stage, addresses: crowd.addresses, folder, plan, signal }
    say('warming up')
    await orderOnce(ordering, stage.tenantAccounts[0] ?? 0)
    const loads: SizeRun['loads'] = []
    for (const count of open) {
      say(`${count} orders open at once`)
      loads.push({ open: count, ...(await load(ordering, { crowd, chainPid: chain.pid, open: count, seconds })) })
    }
    say('a minute of rest')
    const rest = await idle(crowd, chain.pid, { seconds: REST_SECONDS, signal })
    const { warnings } = await crowd.read()
    for (const [words, count] of Object.entries(warnings)) say(`${count} × ${words}`)
    return { providers: size, rest, loads, warnings }
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup()
  }
}
