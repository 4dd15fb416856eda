import { quantile } from '../quantile.ts'
import type { BenchTable } from '../report/types.ts'
import type { Span } from './load.ts'
import { shown } from './shown.ts'
import type { Ordered } from './tenants.ts'

/** What was seen of a market of one size. */
export type SizeRun = {
  providers: number
  /** While nothing was ordered. */
  rest: Span
  loads: { open: number; span: Span; orders: Ordered[] }[]
  /** Of all providers, by their words. */
  warnings: Record<string, number>
}

type Row = BenchTable['rows'][number]

/** What was matched, what an order cost, and what a market costs in which nothing is ordered. */
export function marketTables(runs: readonly SizeRun[]): [matched: BenchTable, cost: BenchTable, resting: BenchTable] {
  return [matchedTable(runs), costTable(runs), restingTable(runs)]
}

function matchedTable(runs: readonly SizeRun[]): BenchTable {
  return {
    title: 'Orders matched',
    columns: [
      { key: 'providers', label: 'providers' },
      { key: 'open', label: 'open at once' },
      { key: 'orders', label: 'orders' },
      { key: 'failures', label: 'failed' },
      { key: 'perSecond', label: 'matched', unit: '1/s', digits: 2 },
      { key: 'answers', label: 'providers that answered', unit: '%', digits: 1 },
      { key: 'auction50', label: 'last answer, p50', unit: 'ms', digits: 0 },
      { key: 'auction95', label: 'p95', unit: 'ms', digits: 0 },
      { key: 'lease50', label: 'lease on the chain, p50', unit: 'ms', digits: 0 },
      { key: 'lease95', label: 'p95', unit: 'ms', digits: 0 },
      { key: 'tenants', label: 'tenants', unit: 'cores', digits: 2 },
      { key: 'cores', label: 'providers', unit: 'cores', digits: 2 },
      { key: 'chain', label: 'chain', unit: 'cores', digits: 2 },
    ],
    rows: runs.flatMap(({ providers, loads }) =>
      loads.map(({ open, span, orders }): Row => {
        const matched = orders.filter(({ leaseMs }) => leaseMs !== undefined)
        const auctions = orders.map(({ auctionMs }) => auctionMs)
        const leases = matched.flatMap(({ leaseMs }) => leaseMs ?? [])
        const answers = orders.reduce((sum, one) => sum + one.answers, 0)
        return {
          providers,
          open,
          orders: orders.length,
          failures: orders.length - matched.length,
          perSecond: matched.length / span.wall,
          answers: shown((answers / orders.length / providers) * 100),
          auction50: shown(quantile(auctions, 0.5)),
          auction95: shown(quantile(auctions, 0.95)),
          lease50: shown(quantile(leases, 0.5)),
          lease95: shown(quantile(leases, 0.95)),
          tenants: span.tenants / span.wall,
          cores: span.providers / span.wall,
          chain: span.chain / span.wall,
        }
      }),
    ),
    note: 'Each order is by a new peer, as `tender up` makes one, that dialled three of the providers; each provider dials it to bid. An auction ends once all providers have answered, or after 5 s. A peer takes at most 50 new connections a second from one host, and a bid that finds no room is sent again for six seconds at most: of many providers on one machine some are not heard in time. Times are from the signature. Nobody is sent a manifest. All providers share one process, all tenants another; the chain mines at once.',
  }
}

function costTable(runs: readonly SizeRun[]): BenchTable {
  return {
    title: 'What an order costs a provider',
    columns: [
      { key: 'providers', label: 'providers' },
      { key: 'open', label: 'open at once' },
      { key: 'heard', label: 'messages', digits: 2 },
      { key: 'bytes', label: 'received', unit: 'KiB', digits: 1 },
      { key: 'cpu', label: 'processor', unit: 'ms', digits: 1 },
      { key: 'ratio', label: 'of the first row', digits: 2 },
      { key: 'rpc', label: 'calls of the chain', digits: 1 },
      { key: 'memory', label: 'memory of a provider', unit: 'MiB', digits: 1 },
    ],
    rows: withRatio(runs.flatMap((run) => run.loads.map((one) => costRow(run, one)))),
    note: 'An order’s share for one provider, beyond what it uses when nothing is ordered. Messages: how often gossip brought it an order, copies left out. Received: gossip with its copies, and the connection over which it bids. Memory is that of the process, shared by all.',
  }
}

function costRow({ providers, rest }: SizeRun, { open, span, orders }: SizeRun['loads'][number]): Row {
  const shares = orders.length * providers
  const beyond = (of: (span: Span) => number) => Math.max(0, of(span) - (of(rest) / rest.wall) * span.wall) / shares
  return {
    providers,
    open,
    heard: shown(span.heardOrders / shares),
    bytes: shown(beyond(({ receivedBytes }) => receivedBytes) / 1024),
    cpu: shown(beyond((one) => one.providers) * 1000),
    rpc: shown(beyond(({ rpcCalls }) => rpcCalls)),
    memory: span.memoryBytes / 2 ** 20 / providers,
  }
}

function withRatio(rows: Row[]): Row[] {
  const [first] = rows
  return rows.map((row) => ({ ...row, ratio: shown(Number(row.cpu) / Number(first?.cpu)) }))
}

function restingTable(runs: readonly SizeRun[]): BenchTable {
  return {
    title: 'What a provider costs when nothing is ordered',
    columns: [
      { key: 'providers', label: 'providers' },
      { key: 'cpu', label: 'processor', unit: 'ms/s', digits: 1 },
      { key: 'bytes', label: 'received', unit: 'B/s', digits: 0 },
      { key: 'announcements', label: 'announcements heard', unit: '1/min', digits: 1 },
      { key: 'rpc', label: 'calls of the chain', unit: '1/s', digits: 1 },
      { key: 'memory', label: 'memory', unit: 'MiB', digits: 1 },
    ],
    rows: runs.map(({ providers, rest }) => {
      const share = (value: number) => value / rest.wall / providers
      return {
        providers,
        cpu: share(rest.providers) * 1000,
        bytes: share(rest.receivedBytes),
        announcements: share(rest.heardAnnouncements) * 60,
        rpc: share(rest.rpcCalls),
        memory: rest.memoryBytes / 2 ** 20 / providers,
      }
    }),
    note: 'Each provider announces its free capacity once a minute (more often when it has just started) to all others: what it hears of them grows with their number.',
  }
}
