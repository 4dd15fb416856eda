import { formatSize } from '@tender/protocol'
import { Gauge } from 'lucide-react'
import { useMemo } from 'react'
import { describeError } from '../../shared/api/describeError.ts'
import { durationText } from '../../shared/format/time.ts'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { Skeleton } from '../../shared/ui/Skeleton.tsx'
import { Stat } from '../../shared/ui/Stat.tsx'
import { type Column, Table } from '../../shared/ui/Table.tsx'
import { coresText, UsageChart } from './UsageChart.tsx'
import { type ServiceNow, servicesNow, usageSeries } from './usageSeries.ts'
import type { PageReach } from './useReach.ts'
import { useUsage } from './useUsage.ts'

/** Cores and memory of a lease that runs, as its provider measures them while one looks. */
export function UsageTab({ reach }: { reach: PageReach }) {
  const usage = useUsage(reach)
  return (
    <Card
      title="Usage"
      hint="Measured by the provider every two seconds, while you look. It is the provider's word: it stands on no chain, and nothing is paid by it"
      flush
    >
      {usage.data && usage.data.length > 0 ? (
        <>
          {usage.isError && (
            <p role="alert" className="mb-4 border-y border-line bg-warn-soft px-4 py-2 text-[13px] text-warn sm:px-5">
              {describeError(usage.error).message}; going on when its provider is back
            </p>
          )}
          <Measured looks={usage.data} />
        </>
      ) : usage.isError ? (
        <ErrorState
          title="Its provider does not tell what it uses"
          error={usage.error}
          retry={() => void usage.refetch()}
        />
      ) : usage.isPending ? (
        <div className="px-4 pb-4 sm:px-5">
          <Skeleton className="h-64 w-full" />
        </div>
      ) : (
        <EmptyState icon={Gauge} title="Nothing of it runs now">
          Cores and memory are drawn here once its provider has started it. What keeps it from that stands above, under
          Workload, and in its log.
        </EmptyState>
      )}
    </Card>
  )
}

function Measured({ looks }: { looks: NonNullable<ReturnType<typeof useUsage>['data']> }) {
  const { times, cores, memoryBytes } = useMemo(() => usageSeries(looks), [looks])
  const services = useMemo(() => servicesNow(looks), [looks])
  const [now, coresNow] = [looks.at(-1), cores.at(-1)]
  if (!now) return null
  const { limits } = now
  return (
    <>
      <div className="grid grid-cols-2 gap-x-4 gap-y-5 px-4 pb-5 sm:px-5 lg:grid-cols-4">
        <Stat
          label="Cores in use"
          value={typeof coresNow === 'number' ? coresText(coresNow) : '…'}
          hint={`of ${coresText(limits.cpuMilli / 1000)}`}
        />
        <Stat
          label="Memory"
          value={formatSize(now.memoryBytes)}
          hint={limits.memoryBytes > 0 ? `of ${formatSize(limits.memoryBytes)}` : undefined}
        />
        <Stat label="CPU time" value={cpuTimeText(now.cpuMs)} hint="since it started" />
        <Stat label="Most memory" value={formatSize(now.memoryPeakBytes)} hint="when it was looked at" />
      </div>
      <div className="grid gap-x-6 gap-y-5 px-4 pb-4 sm:px-5 lg:grid-cols-2">
        {(
          [
            ['Cores in use', 'cores', cores],
            ['Memory', 'bytes', memoryBytes],
          ] as const
        ).map(([name, kind, values]) => (
          <section key={kind} aria-label={name} className="min-w-0">
            <h3 className="mb-1 text-[13px] font-medium">{name}</h3>
            {times.length > 1 ? (
              <UsageChart name={name} kind={kind} times={times} values={values} />
            ) : (
              <p className="flex h-40 items-center justify-center rounded-lg bg-inset text-[13px] text-muted">
                A line needs two looks: the next comes in two seconds
              </p>
            )}
          </section>
        ))}
      </div>
      {times.length > 1 && cores.every((value) => !value) && (
        <p className="px-4 pb-4 text-[13px] text-muted sm:px-5">
          It used no core while you looked. An HTTP handler works only while it answers: open its address to see it
          work.
        </p>
      )}
      {services.length > 1 && (
        <Table caption="Usage by service" columns={columns} rows={services} rowKey={({ service }) => service} />
      )}
    </>
  )
}

/** `840 ms`, `12.4 s`, `2 h 5 min`. */
function cpuTimeText(ms: number): string {
  if (ms < 1_000) return `${ms} ms`
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : durationText(ms / 1_000)
}

const columns: Column<ServiceNow>[] = [
  { key: 'service', header: 'Service', cell: ({ service }) => service },
  {
    key: 'cores',
    header: 'Cores in use',
    align: 'right',
    cell: ({ cores }) => (cores === null ? '…' : coresText(cores)),
  },
  { key: 'memory', header: 'Memory', align: 'right', cell: ({ memoryBytes }) => formatSize(memoryBytes) },
  {
    key: 'peak',
    header: 'Most memory',
    align: 'right',
    from: 'sm',
    cell: ({ memoryPeakBytes }) => formatSize(memoryPeakBytes),
  },
  { key: 'time', header: 'CPU time', align: 'right', from: 'sm', cell: ({ cpuMs }) => cpuTimeText(cpuMs) },
]
