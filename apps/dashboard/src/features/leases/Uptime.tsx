import type { LeaseDetail } from '@tender/api'
import { Activity } from 'lucide-react'
import { Suspense } from 'react'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { lazyPart } from '../../shared/ui/lazyPart.ts'
import { Skeleton } from '../../shared/ui/Skeleton.tsx'
import { type Column, Table } from '../../shared/ui/Table.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { Duration } from '../../shared/ui/Time.tsx'
import { type ServedInEra, servedPerEra } from './servedPerEra.ts'

const ServedChart = lazyPart(() => import('./ServedChart.tsx').then((part) => part.ServedChart))

/** How long monitors saw it served, report by report; each number has its proof. */
export function Uptime({ lease }: { lease: LeaseDetail }) {
  const rows = servedPerEra(lease.eras)
  if (!lease.monitored) {
    return (
      <Card>
        <EmptyState icon={Activity} title="Nobody measures this lease">
          It was ordered unmonitored, so it is paid by time. Leave uptime out of x-tender, or name one, to have it
          measured.
        </EmptyState>
      </Card>
    )
  }
  return (
    <Card title="Served" hint="Seconds that monitors agreed on, from signed reports" flush>
      {rows.length === 0 ? (
        <EmptyState icon={Activity} title="No report covers it yet">
          Monitors report at the end of each era.
        </EmptyState>
      ) : (
        <>
          <div className="px-4 pb-4 sm:px-5">
            <Suspense fallback={<Skeleton className="h-48 w-full" />}>
              <ServedChart rows={rows} />
            </Suspense>
          </div>
          <Table
            caption="Served seconds by era"
            columns={columns}
            rows={rows.toReversed()}
            rowKey={({ era }) => String(era)}
          />
        </>
      )}
    </Card>
  )
}

const columns: Column<ServedInEra>[] = [
  {
    key: 'era',
    header: 'Era',
    cell: ({ era }) => (
      <TextLink to="/eras/$era" params={{ era: String(era) }}>
        Era {era}
      </TextLink>
    ),
  },
  { key: 'inEra', header: 'Served in it', align: 'right', cell: ({ seconds }) => <Duration seconds={seconds} /> },
  { key: 'total', header: 'In all', align: 'right', cell: ({ total }) => <Duration seconds={total} /> },
]
