import type { BenchResult, BenchTable } from '../report/types.ts'
import { type Comparison, comparisons, howPeersWereMeasured, type OwnFigure } from './peers.ts'
import type { Report, Row } from './scenarios.ts'
import { targets } from './targets.ts'

type Cells = BenchTable['rows'][number]

/** @throws {Error} if a comparison names a row that was not measured */
export function gasResult({ rows, items }: Report): BenchResult {
  const compared = comparisons.map((comparison) => comparisonTable(comparison, rows))
  return {
    bench: 'gas',
    title: 'What transactions cost',
    question:
      'Gas of the market’s real transactions, from their receipts, against a reference contract that does the least for the same calldata, and against peers.',
    tables: [...compared, rowsTable(rows), itemsTable(items)],
    charts: comparisons.map(({ operation }, table) => {
      return { title: `Gas: ${operation}`, table, kind: 'bar', x: 'name', y: 'gas', series: 'basis' }
    }),
  }
}

function comparisonTable({ operation, ours, peers }: Comparison, rows: readonly Row[]): BenchTable {
  const own = ours.map((figure) => ({ ...figure, gas: gasOf(figure, rows) }))
  const [first] = own
  const all = [
    ...own.map(({ system, gas, includes }) => ({ system, gas, basis: 'this run', includes, source: '' })),
    ...peers,
  ]
  return {
    title: `${operation.charAt(0).toUpperCase()}${operation.slice(1)}`,
    columns: [
      { key: 'name', label: '' },
      { key: 'gas', label: 'gas', digits: 0 },
      { key: 'times', label: 'times ours' },
      { key: 'basis', label: 'by' },
      { key: 'includes', label: 'what it includes' },
      { key: 'source', label: 'of' },
    ],
    rows: named(all).map((row) => ({ ...row, times: row.gas / (first?.gas ?? Number.NaN) })),
    ...(operation === comparisons[0]?.operation ? { note: howPeersWereMeasured } : {}),
  }
}

/** A system's second figure is told apart from its first. */
function named<T extends { system: string }>(all: readonly T[]): (Omit<T, 'system'> & { name: string })[] {
  return all.map(({ system, ...rest }, index) => {
    const before = all.slice(0, index).filter((other) => other.system === system).length
    return { ...rest, name: before === 0 ? system : `${system} (${before + 1})` }
  })
}

function gasOf({ rows: names, reference }: OwnFigure, rows: readonly Row[]): number {
  return names.reduce((sum, name) => {
    const row = rows.find((one) => one.name === name)
    const gas = reference ? row?.reference : row?.gas
    if (gas === undefined || gas === null) throw new Error(`there is no row ${name}`)
    return sum + gas
  }, 0)
}

function rowsTable(rows: readonly Row[]): BenchTable {
  return {
    title: 'Every transaction',
    columns: [
      { key: 'name', label: 'what' },
      { key: 'gas', label: 'gas', digits: 0 },
      { key: 'reference', label: 'the minimum', digits: 0 },
      { key: 'ratio', label: 'ratio', digits: 2 },
      { key: 'target', label: 'target', digits: 0 },
      { key: 'over', label: 'over it', digits: 0 },
    ],
    rows: rows.map((row) => {
      const target = targets[row.name] ?? null
      return { ...row, target, over: target !== null && row.gas > target ? row.gas - target : null }
    }),
  }
}

/** Where a match of one replica spends its gas, beside the reference's; what differs most comes first. */
function itemsTable({ ours, reference }: Report['items']): BenchTable {
  const names = [...new Set([...ours.keys(), ...reference.keys()])]
  const lines = names.map((item) => {
    const [own, least] = [ours.get(item) ?? 0, reference.get(item) ?? 0]
    return { item, ours: own, reference: least, over: own - least }
  })
  lines.sort((a, b) => b.over - a.over)
  const sum = (key: 'ours' | 'reference' | 'over') => lines.reduce((total, line) => total + line[key], 0)
  const all: Cells = { item: 'all', ours: sum('ours'), reference: sum('reference'), over: sum('over') }
  return {
    title: 'A match of one lease, item by item',
    columns: [
      { key: 'item', label: 'item' },
      { key: 'ours', label: 'gas' },
      { key: 'reference', label: 'the minimum' },
      { key: 'over', label: 'over' },
    ],
    rows: [...lines, all],
  }
}
