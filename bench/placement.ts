/**
 * From `up` to the first HTTP 200, by stage, for Wasm and containers, as providers and orders at once become more; against the least that it
 * can take. Containers need root and docker.io. `npm run bench:placement [-- --wasm 1,10,100] [-- --docker 1,10] [-- --json]`
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sizesOf } from './market/sizesOf.ts'
import { startEngine } from './placement/engine.ts'
import { type Grid, measureKind } from './placement/measureKind.ts'
import { type CellRun, placementTables } from './placement/placementTables.ts'
import { runBench } from './report/runBench.ts'
import type { BenchResult } from './report/types.ts'

const options = {
  wasm: { default: '1,10,100', about: 'sizes of the markets that run Wasm, or none' },
  docker: { default: '1,10', about: 'sizes of the markets that run containers, or none' },
  orders: { default: '1,10,100', about: 'orders placed at once' },
  auction: { default: 5, about: 'seconds of an auction' },
  bids: { default: 1_000, about: 'cells of more bids are not tried' },
}
type Options = { wasm: string; docker: string; orders: string; auction: number; bids: number }

await runBench('placement', measure, {
  about: 'From `up` to the first HTTP 200, by stage, against an auction, a transaction and a bare start.',
  options,
})

async function measure(given: Options, signal: AbortSignal): Promise<BenchResult> {
  const grid = { orders: sizesOf('orders', given.orders), auctionSeconds: given.auction, mostBids: given.bids }
  const wasm = await measureKind({ ...grid, kind: 'Wasm', providers: sizesOf('wasm', given.wasm) }, signal)
  const containers = await measureContainers(
    { ...grid, kind: 'Docker', providers: sizesOf('docker', given.docker) },
    signal,
  )
  const [whole, parts] = placementTables([...wasm, ...containers])
  return {
    bench: 'placement',
    title: 'Placement',
    question:
      'How long from `up` until the workload answers with 200, against the auction, one transaction and a bare start of the same.',
    tables: [whole, parts],
    charts: [
      {
        title: 'Above the floor, p50',
        table: 0,
        kind: 'bar',
        x: 'orders',
        y: 'above',
        series: 'market',
      },
    ],
  }
}

async function measureContainers(grid: Grid, signal: AbortSignal): Promise<CellRun[]> {
  if (grid.providers.length === 0) return []
  const folder = await mkdtemp(join(tmpdir(), 'tender-bench-'))
  try {
    const { socket, stop } = await startEngine(folder)
    try {
      return await measureKind({ ...grid, dockerSocket: socket }, signal)
    } finally {
      await stop()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
