import type { BenchChart, BenchResult, BenchTable } from '../report/types.ts'
import { kept } from './judge.ts'
import type { Soaked } from './runSoak.ts'
import { HEAP_EVERY, type Sample } from './sample.ts'

const MIB = 2 ** 20
/** Most rows of a chart: more cannot be told apart. */
const MOST_POINTS = 120

/** What a soak found, as tables and charts. */
export function resultOf(soaked: Soaked): BenchResult {
  return {
    bench: 'soak',
    title: 'Soak',
    question:
      'Do memory, handles, threads or disk of the market of `npm start` climb under steady load, and is every cent accounted for?',
    tables: [climbTable(soaked), memoryTable(soaked), handlesTable(soaked), diskTable(soaked), moneyTable(soaked)],
    charts,
  }
}

const charts: BenchChart[] = [
  { title: 'Memory', table: 1, kind: 'line', x: 'minutes', y: 'mib', series: 'what' },
  { title: 'Handles and threads', table: 2, kind: 'line', x: 'minutes', y: 'count', series: 'what' },
  { title: 'Disk', table: 3, kind: 'line', x: 'minutes', y: 'mib', series: 'what' },
]

function climbTable({ climbs, done, minutes }: Soaked): BenchTable {
  const { leases, visits, failedVisits, extensions, jobs, failures } = done
  return {
    title: 'What climbs',
    columns: [
      { key: 'what', label: 'what' },
      { key: 'median', label: 'median', digits: 1 },
      { key: 'unit', label: 'unit' },
      { key: 'perHour', label: 'an hour', digits: 2 },
      { key: 'perLease', label: 'a lease', digits: 4 },
      { key: 'climbed', label: 'in the second half', digits: 2 },
      { key: 'limit', label: 'allowed', digits: 1 },
      { key: 'verdict', label: 'verdict' },
    ],
    rows: climbs.map(({ what, median, unit, perHour, perLease, climbed, limit, climbs: tooFast }) => ({
      ...{ what, median, unit, perHour, perLease, climbed },
      limit: limit ?? null,
      verdict: limit === undefined ? `kept: ${kept[what.replace('disk: ', '')]}` : tooFast ? 'climbs' : 'holds',
    })),
    note: `${minutes} minutes: ${leases} leases, ${visits} visits (${failedVisits} not answered with 200), ${extensions} extensions, ${jobs} jobs, ${failures.length} failures. Slopes are medians of those between all pairs of samples (Theil and Sen) of the second half.`,
  }
}

type Series = { what: string; value: number }

function memoryTable({ samples }: Soaked): BenchTable {
  return seriesTable(
    'Memory',
    { key: 'mib', label: 'MiB', digits: 1 },
    samples,
    ({ roles, heapBytes = {}, takenBytes = {} }) => [
      ...Object.entries(roles).map(([role, { residentBytes }]) => ({ what: role, value: residentBytes / MIB })),
      ...Object.entries(heapBytes).map(([thread, bytes]) => ({ what: `heap of ${thread}`, value: bytes / MIB })),
      ...Object.entries(takenBytes).map(([thread, bytes]) => ({
        what: `taken by the heap of ${thread}`,
        value: bytes / MIB,
      })),
    ],
  )
}

function handlesTable({ samples }: Soaked): BenchTable {
  return seriesTable('Handles and threads', { key: 'count', label: 'count', digits: 0 }, samples, ({ roles }) =>
    Object.entries(roles).flatMap(([role, { handles, threads }]) => [
      { what: `handles of ${role}`, value: handles },
      { what: `threads of ${role}`, value: threads },
    ]),
  )
}

function diskTable({ samples }: Soaked): BenchTable {
  return seriesTable('Disk', { key: 'mib', label: 'MiB', digits: 2 }, samples, ({ disk }) =>
    Object.entries(disk).map(([what, bytes]) => ({ what, value: bytes / MIB })),
  )
}

function seriesTable(
  title: string,
  column: BenchTable['columns'][number],
  samples: readonly Sample[],
  of: (sample: Sample) => Series[],
): BenchTable {
  const every = samples.length <= MOST_POINTS ? 1 : HEAP_EVERY * Math.ceil(samples.length / MOST_POINTS / HEAP_EVERY)
  const shown = samples.filter((_, index) => index % every === 0)
  return {
    title,
    drawn: true,
    columns: [{ key: 'minutes', label: 'minutes', digits: 1 }, { key: 'what', label: 'what' }, column],
    rows: shown.flatMap((sample) =>
      of(sample).map(({ what, value }) => ({ minutes: sample.seconds / 60, what, [column.key]: value })),
    ),
  }
}

function moneyTable({ books, stakes }: Soaked): BenchTable {
  const { accounts, leases, tokens, owes, faults } = books
  const named = accounts.filter(({ got, gave, wallet }) => got + gave + wallet > 0n)
  const stakeRows = stakes.map(({ who, before, after }) => ({
    who: `stake of ${who}`,
    got: null,
    gave: null,
    balance: null,
    wallet: null,
    difference: String(after - before),
  }))
  return {
    title: 'Money, in the smallest unit',
    columns: [
      { key: 'who', label: 'who' },
      { key: 'got', label: 'got' },
      { key: 'gave', label: 'gave' },
      { key: 'balance', label: 'in escrow' },
      { key: 'wallet', label: 'outside' },
      { key: 'difference', label: 'difference' },
    ],
    rows: [
      ...named.map(({ who, got, gave, balance, wallet }) => ({
        who,
        ...{ got: String(got), gave: String(gave), balance: String(balance), wallet: String(wallet) },
        difference: String(balance - (got - gave)),
      })),
      ...stakeRows,
      {
        who: 'the escrow',
        got: String(tokens),
        gave: null,
        balance: String(owes),
        wallet: null,
        difference: String(tokens - owes),
      },
    ],
    note: `${leases.length} leases, none of which holds anything any more: ${faults.length === 0 ? 'every cent is accounted for' : faults.join('; ')}.`,
  }
}
