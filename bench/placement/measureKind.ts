import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPlan } from '@tender/cli'
import { sendGasMoney } from '@tender/sdk'
import { testAccount } from '@tender/sdk/testMarket'
import type { Plan } from '@tender/tenant'
import { type Stage, startStage } from '../market/stage.ts'
import { startCrowd } from '../market/startCrowd.ts'
import { BIDS_A_SECOND, HELLO, type Ordering, planOfHello } from '../market/tenants.ts'
import { median } from '../quantile.ts'
import { runBareWasm, writeBareWasm } from './bareWasm.ts'
import { MOST_PEERS, placeAtOnce, untilClear } from './cell.ts'
import { docker, PORT, runBare, writeImage } from './engine.ts'
import type { CellRun } from './placementTables.ts'

export type Grid = {
  kind: CellRun['kind']
  providers: readonly number[]
  orders: readonly number[]
  auctionSeconds: number
  /** Cells with more bids than that are not tried. */
  mostBids: number
  /** For containers. */
  dockerSocket?: string | undefined
}

/** For as many leases as may fall to one of them. */
const UNITS_OF_EACH = 200
const TRANSACTIONS = 11
/** Every tenant's peer hears, and so verifies, every other's order. */
const HEARD_A_SECOND = 100

/** All cells of one kind: a market of each size, in which orders are placed one, then more, at once. */
export async function measureKind(grid: Grid, signal: AbortSignal): Promise<CellRun[]> {
  const runs: CellRun[] = []
  for (const providers of grid.providers) runs.push(...(await measureSize(grid, providers, signal)))
  return runs
}

async function measureSize(grid: Grid, providers: number, signal: AbortSignal): Promise<CellRun[]> {
  const { kind, auctionSeconds, mostBids } = grid
  const say = (words: string) => console.error(`${kind}, ${providers} providers: ${words}`)
  const tried = grid.orders.filter((orders) => orders * providers <= mostBids)
  const untried = grid.orders.filter((orders) => orders * providers > mostBids)
  const cells = untried.map((orders): CellRun => ({ kind, providers, orders }))
  if (tried.length === 0) return cells
  const cleanups: (() => unknown)[] = []
  try {
    const place = await startPlace(grid, { providers, tenants: Math.max(...tried), say, signal }, cleanups)
    say('warming up')
    await placeAtOnce(place.ordering, {
      orders: 1,
      auctionSeconds: enoughSeconds(auctionSeconds, { orders: 1, providers }),
    })
    const blockMs = await transactionMs(place.ordering.stage)
    const runs: CellRun[] = []
    for (const orders of tried) {
      await untilClear(place.crowd, signal)
      say(`${orders} orders at once`)
      const runBareOnce = await place.bare()
      const bareMs = await Promise.all(Array.from({ length: orders }, runBareOnce))
      const cellSeconds = enoughSeconds(auctionSeconds, { orders, providers })
      const placed = await placeAtOnce(place.ordering, { orders, auctionSeconds: cellSeconds })
      runs.push({ kind, providers, orders, run: { placed, blockMs, bareMs, auctionMs: cellSeconds * 1000 } })
    }
    return [...runs, ...cells]
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup()
  }
}

/** How long an auction lasts at least, so that this one machine can make all the bids: each tenant and provider has a machine of its own. */
function enoughSeconds(atLeast: number, { orders, providers }: { orders: number; providers: number }): number {
  return Math.max(
    atLeast,
    Math.ceil((orders * providers) / BIDS_A_SECOND + (orders * Math.min(orders, MOST_PEERS)) / HEARD_A_SECOND),
  )
}

type Size = { providers: number; tenants: number; say(words: string): void; signal: AbortSignal }

async function startPlace(
  { dockerSocket }: Grid,
  { providers, tenants, say, signal }: Size,
  cleanups: (() => unknown)[],
) {
  const folder = await mkdtemp(join(tmpdir(), 'tender-bench-'))
  cleanups.push(() => rm(folder, { recursive: true, force: true }))
  say('registering')
  const stage = await startStage({ providers, tenants, unitsOfEach: UNITS_OF_EACH }, cleanups)
  const { chain, book } = stage.market
  const { operatorKeys } = stage
  const start = { place: { rpcUrl: chain.url, book }, folder: join(folder, 'providers'), operatorKeys, dockerSocket }
  const onStarted = (count: number) => count % 10 === 0 && say(`${count} started`)
  const crowd = await startCrowd(start, { signal, onStarted })
  cleanups.push(crowd.stop)
  const plan = await (dockerSocket ? planOfContainer(join(folder, 'plan')) : planOfHello(join(folder, 'plan')))
  const ordering: Ordering = { stage, addresses: crowd.addresses, folder, plan, signal }
  const bare = () => (dockerSocket ? bareContainer(dockerSocket, plan) : bareWasm(folder))
  return { crowd, ordering, bare }
}

/** One transaction that does as little as one can, from its sending until it is in a block; the median of several. */
async function transactionMs({ market, tenantAccounts }: Stage): Promise<number> {
  const [account = 0] = tenantAccounts
  const client = await market.client(account)
  const took: number[] = []
  for (let count = 0; count < TRANSACTIONS; count++) {
    const started = performance.now()
    await sendGasMoney(client, { to: testAccount(account).address, amount: 1n })
    took.push(performance.now() - started)
  }
  return median(took)
}

async function planOfContainer(folder: string): Promise<Plan> {
  await mkdir(folder, { recursive: true })
  await writeImage(folder)
  const file = join(folder, 'compose.yaml')
  const limits = '{ cpus: "0.1", memory: 64M }'
  const service = `{ image: ./image.tar, ports: ["${PORT}"], user: "1000:1000", deploy: { resources: { limits: ${limits} } } }`
  await writeFile(file, `services: { web: ${service} }\nx-tender: { max-price: 0.05 USDC/h }\n`)
  return readPlan(file)
}

async function bareWasm(folder: string): Promise<() => Promise<number>> {
  const program = await writeBareWasm(folder)
  return () => runBareWasm(program, HELLO)
}

/** Of the same image. A provider removes it with its last container, so it is loaded for each cell: the bare start, and the provider's, find it. */
async function bareContainer(socket: string, { files }: Plan): Promise<() => Promise<number>> {
  const [tar = ''] = Object.values(files)
  const image = /sha256:[0-9a-f]{64}/.exec(await docker(socket, 'load', '--input', tar))?.[0]
  if (!image) throw new Error('the engine does not say which image it loaded')
  return () => runBare(socket, image)
}
