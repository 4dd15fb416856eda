import type { EraRow } from '../era.ts'
import type { Row } from '../gas/scenarios.ts'
import type { BenchChart, BenchColumn, BenchTable } from '../report/types.ts'

const seconds = (key: string, label: string): BenchColumn => ({ key, label, unit: 's', digits: 1 })
const MIB = 2 ** 20

/** What computing took; seconds are the processor's, of all threads. */
export function sizesTable(rows: readonly EraRow[], title: string): BenchTable {
  return {
    title,
    columns: [
      { key: 'leases', label: 'leases' },
      { key: 'providers', label: 'providers' },
      { key: 'monitors', label: 'monitors' },
      { key: 'input', label: 'input', unit: 'MiB', digits: 0 },
      seconds('hash', 'checking hashes'),
      seconds('open', 'opening'),
      seconds('compute', 'computing'),
      seconds('tree', 'tree'),
      seconds('state', 'next state'),
      { ...seconds('total', 'opening to root'), digits: 2 },
      { key: 'peak', label: 'peak memory', unit: 'MiB', digits: 0 },
    ],
    rows: rows.map(({ leases, providers, monitors, inputBytes, peakBytes, seconds: took, totalSeconds }) => {
      const size = { leases, providers, monitors, input: inputBytes / MIB, peak: peakBytes / MIB }
      return { ...size, ...took, total: totalSeconds }
    }),
    note: 'Seconds are the processor’s, of all threads of the process that computes.',
  }
}

/** How long proofs are. */
export function proofsTable(rows: readonly EraRow[]): BenchTable {
  return {
    title: 'Proofs',
    columns: [
      { key: 'leases', label: 'leases' },
      { key: 'one', label: 'proof of one leaf', unit: 'hashes' },
      { key: 'many', label: 'one proof for all of a provider’s leases', unit: 'hashes' },
      { key: 'of', label: 'which are' },
    ],
    rows: rows.map(({ leases, proofHashes, multiproofHashes, multiproofLeases }) => {
      return { leases, one: proofHashes, many: multiproofHashes, of: multiproofLeases }
    }),
  }
}

/** Posting, by monitors and by leaves. */
export function posts(rows: readonly Row[]): BenchTable {
  return {
    title: 'Gas of posting a report that all monitors sign',
    columns: [
      { key: 'monitors', label: 'monitors' },
      { key: 'leaves', label: 'leaves of the report' },
      { key: 'gas', label: 'gas', digits: 0 },
      { key: 'each', label: 'for each monitor', digits: 0 },
    ],
    rows: rows.flatMap(({ name, gas }) => {
      const [, monitors, leaves] = /^report\.(\d+)monitors\.(\d+)$/.exec(name) ?? []
      if (monitors === undefined) return []
      return [
        { monitors: Number(monitors), leaves: Number(leaves).toLocaleString('en'), gas, each: gas / Number(monitors) },
      ]
    }),
  }
}

const followers: Readonly<Record<string, string>> = {
  'settle.served': 'settling one lease by the time that it was served',
  'rewards.claim': 'claiming a provider’s rewards',
  'dispute.open': 'opening a dispute',
  'dispute.resolve': 'resolving it, the bond given back',
}

/** What follows from a report, by its leaves. */
export function claimsTable(rows: readonly Row[]): BenchTable {
  return {
    title: 'Gas of what follows from a report',
    columns: [
      { key: 'what', label: 'what' },
      { key: 'leaves', label: 'leaves of the report' },
      { key: 'gas', label: 'gas', digits: 0 },
    ],
    rows: rows.flatMap(({ name, gas }) => {
      const [, kind = '', leaves] = /^(\w+\.\w+)\.(\d+)$/.exec(name) ?? []
      const what = followers[kind]
      return what === undefined ? [] : [{ what, leaves: Number(leaves), gas }]
    }),
    note: 'A proof has a hash more with every doubling of the leaves. Opening a dispute shows no proof.',
  }
}

export const eraCharts: BenchChart[] = [
  { title: 'Computing an era by leases', table: 0, kind: 'line', x: 'leases', y: 'total', log: 'both' },
  { title: 'Computing an era by monitors', table: 1, kind: 'line', x: 'monitors', y: 'total' },
  { title: 'Gas of posting, by monitors', table: 2, kind: 'line', x: 'monitors', y: 'gas', series: 'leaves' },
  { title: 'Gas of what follows, by leaves', table: 3, kind: 'line', x: 'leaves', y: 'gas', series: 'what', log: 'x' },
]
