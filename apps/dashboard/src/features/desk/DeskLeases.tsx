import { useInfiniteQuery } from '@tanstack/react-query'
import type { Asset, Lease } from '@tender/api'
import { LayoutGrid } from 'lucide-react'
import { useState } from 'react'
import { leasesQuery, useMarket } from '../../shared/api/queries.ts'
import { shortHex } from '../../shared/format/hex.ts'
import { Amount, Price } from '../../shared/ui/Amount.tsx'
import { Badge } from '../../shared/ui/Badge.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { JobBadge } from '../../shared/ui/JobBadge.tsx'
import { PagedTable } from '../../shared/ui/PagedTable.tsx'
import { Segmented } from '../../shared/ui/Segmented.tsx'
import type { Column } from '../../shared/ui/Table.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { Countdown, RelativeTime } from '../../shared/ui/Time.tsx'

const states = [
  { value: 'running', label: 'Running' },
  { value: 'ended', label: 'Ended' },
] as const

/** What the provider runs, and ran. */
export function DeskLeases({ provider }: { provider: string }) {
  const [state, setState] = useState<'running' | 'ended'>('running')
  const { data: market } = useMarket()
  const leases = useInfiniteQuery(leasesQuery({ provider, state }))
  return (
    <Card
      title="Leases"
      flush
      actions={<Segmented label="Which leases" value={state} options={states} onValueChange={setState} />}
    >
      <PagedTable
        list={leases}
        failed="The leases could not be read"
        likelyRows={3}
        empty={{ icon: LayoutGrid, title: state === 'running' ? 'Nothing runs here now' : 'No lease has ended yet' }}
        caption="Leases of the provider"
        columns={columnsOf(market?.assets ?? [], state)}
        rowKey={({ id }) => id}
      />
    </Card>
  )
}

function columnsOf(assets: readonly Asset[], state: 'running' | 'ended'): Column<Lease>[] {
  const assetOf = ({ asset }: Lease) => assets.find(({ address }) => address === asset)
  return [
    {
      key: 'lease',
      header: 'Lease',
      cell: ({ id, units, class: name, job }) => (
        <span className="flex items-center gap-2">
          <TextLink to="/leases/$id" params={{ id }} className="font-mono text-[13px]">
            {shortHex(id)}
          </TextLink>
          <Badge>
            {units} {name}
          </Badge>
          {job && (
            <span className="inline-flex items-center gap-1.5 text-[13px] text-muted">
              job <JobBadge state={job} />
            </span>
          )}
        </span>
      ),
    },
    {
      key: 'rate',
      header: 'Rate',
      align: 'right',
      cell: (lease) => {
        const asset = assetOf(lease)
        return asset && <Price amount={lease.rate} asset={asset} />
      },
    },
    {
      key: 'paid',
      header: 'Settled',
      align: 'right',
      from: 'sm',
      cell: (lease) => {
        const asset = assetOf(lease)
        return asset && <Amount amount={lease.paid} asset={asset} />
      },
    },
    {
      key: 'ends',
      header: state === 'running' ? 'Ends' : 'Ended',
      align: 'right',
      cell: ({ stop, ended }) =>
        stop === null ? (
          'with its result'
        ) : state === 'running' ? (
          <>
            in <Countdown until={stop} />
          </>
        ) : (
          <span title={ended?.text} className="text-muted">
            <RelativeTime at={stop} />
          </span>
        ),
    },
  ]
}
