import type { Capacity, ProviderDetail } from '@tender/api'
import { Server } from 'lucide-react'
import { countText } from '../../shared/format/number.ts'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { Meter } from '../../shared/ui/Meter.tsx'
import { type Column, Table } from '../../shared/ui/Table.tsx'
import { RelativeTime } from '../../shared/ui/Time.tsx'
import { TxLink } from '../../shared/ui/TxLink.tsx'

const columns: Column<Capacity>[] = [
  { key: 'class', header: 'Class', cell: ({ class: name }) => <span className="font-medium">{name}</span> },
  {
    key: 'leased',
    header: 'Leased',
    cell: ({ leased, committed, class: name }) => (
      <div className="flex items-center gap-3">
        <Meter share={committed > 0 ? leased / committed : 0} label={`Leased of ${name}`} className="w-20" />
        {countText(leased)} of {countText(committed)}
      </div>
    ),
  },
  {
    key: 'until',
    header: 'Committed until',
    align: 'right',
    from: 'sm',
    cell: ({ until }) => <RelativeTime at={until} />,
  },
  { key: 'tx', header: 'Transaction', align: 'right', from: 'md', cell: ({ tx }) => <TxLink tx={tx} /> },
]

/** Units that the provider stands for with its stake, and how many leases hold. */
export function CapacityCard({ provider }: { provider: ProviderDetail }) {
  return (
    <Card title="Capacity" hint="Units that stake stands for" flush>
      {provider.capacity.length === 0 ? (
        <EmptyState icon={Server} title="No capacity is committed">
          Without it nothing can be sold: <code>tender provider capacity</code>.
        </EmptyState>
      ) : (
        <Table
          caption="Capacity by class"
          columns={columns}
          rows={provider.capacity}
          rowKey={({ class: name }) => name}
        />
      )}
    </Card>
  )
}
