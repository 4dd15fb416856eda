import type { StepsMs } from '@tender/tenant'
import { shown } from '../market/shown.ts'
import { median, quantile } from '../quantile.ts'
import type { BenchTable } from '../report/types.ts'
import type { Placed } from './cell.ts'

/** One cell of the grid. Without `run` it was not tried. */
export type CellRun = {
  kind: 'Wasm' | 'Docker'
  providers: number
  orders: number
  /** `auctionMs`: how long each auction lasted. `blockMs`: one transaction on the same chain. `bareMs`: as many bare starts at once. */
  run?: { placed: Placed[]; auctionMs: number; blockMs: number; bareMs: number[] }
}

type Row = BenchTable['rows'][number]

const stages = ['sign', 'auction', 'match', 'manifest', 'start', 'ready'] as const satisfies (keyof StepsMs)[]

/** From `up` to the first 200 beside its floor, and the stages of which that is made. */
export function placementTables(runs: readonly CellRun[]): [whole: BenchTable, parts: BenchTable] {
  return [wholeTable(runs), partsTable(runs)]
}

function wholeTable(runs: readonly CellRun[]): BenchTable {
  return {
    title: 'From `up` to the first HTTP 200',
    columns: [
      { key: 'market', label: 'market' },
      { key: 'orders', label: 'orders at once' },
      { key: 'failed', label: 'failed' },
      { key: 'p50', label: 'p50', unit: 'ms', digits: 0 },
      { key: 'p95', label: 'p95', unit: 'ms', digits: 0 },
      { key: 'auction', label: 'auction', unit: 's', digits: 0 },
      { key: 'block', label: 'block', unit: 'ms', digits: 0 },
      { key: 'bare50', label: 'bare start, p50', unit: 'ms', digits: 0 },
      { key: 'bare95', label: 'p95', unit: 'ms', digits: 0 },
      { key: 'floor', label: 'floor', unit: 'ms', digits: 0 },
      { key: 'above', label: 'above the floor, p50', unit: 'ms', digits: 0 },
      { key: 'ratio', label: 'of the floor', digits: 2 },
    ],
    rows: runs.map(wholeRow),
    note: noteOf(runs),
  }
}

function wholeRow({ kind, providers, orders, run }: CellRun): Row {
  const market = marketOf(kind, providers)
  if (!run) return { market, orders, failed: 'not tried' }
  const totals = stepsOf(run.placed).map((steps) => stages.reduce((sum, stage) => sum + steps[stage], 0))
  const floor = run.auctionMs + run.blockMs + median(run.bareMs)
  return {
    market,
    orders,
    failed: String(run.placed.length - totals.length),
    p50: shown(median(totals)),
    p95: shown(quantile(totals, 0.95)),
    auction: run.auctionMs / 1000,
    block: run.blockMs,
    bare50: shown(median(run.bareMs)),
    bare95: shown(quantile(run.bareMs, 0.95)),
    floor: shown(floor),
    above: shown(median(totals) - floor),
    ratio: shown(median(totals) / floor),
  }
}

function marketOf(kind: string, providers: number): string {
  return `${kind}, ${providers} ${providers === 1 ? 'provider' : 'providers'}`
}

function noteOf(runs: readonly CellRun[]): string {
  const reasons = new Map<string, number>()
  for (const placed of runs.flatMap(({ run }) => run?.placed ?? [])) {
    if ('failure' in placed) reasons.set(placed.failure, (reasons.get(placed.failure) ?? 0) + 1)
  }
  const failures = [...reasons].map(([reason, count]) => `${count} × ${reason}`).join('; ')
  return `The floor: the auction, one transaction, and as many bare starts of the same at once.${
    failures && ` Failures: ${failures}.`
  }`
}

function partsTable(runs: readonly CellRun[]): BenchTable {
  return {
    title: 'Of this the stages',
    columns: [
      { key: 'market', label: 'market' },
      { key: 'orders', label: 'orders at once' },
      { key: 'at', label: '' },
      ...stages.map((stage) => ({ key: stage, label: stage, unit: 'ms', digits: 0 })),
    ],
    rows: runs.flatMap(({ kind, providers, orders, run }) => {
      const steps = stepsOf(run?.placed ?? [])
      if (steps.length === 0) return []
      return [0.5, 0.95].map((share): Row => {
        const at = (stage: keyof StepsMs) =>
          quantile(
            steps.map((one) => one[stage]),
            share,
          )
        const parts = Object.fromEntries(stages.map((stage) => [stage, at(stage)]))
        return { market: marketOf(kind, providers), orders, at: `p${share * 100}`, ...parts }
      })
    }),
  }
}

function stepsOf(placed: readonly Placed[]): StepsMs[] {
  return placed.flatMap((one) => ('stepsMs' in one ? [one.stepsMs] : []))
}
