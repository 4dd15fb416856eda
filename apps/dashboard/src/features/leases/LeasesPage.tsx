import { useInfiniteQuery } from '@tanstack/react-query'
import type { Asset, Lease } from '@tender/api'
import type { TenantLease } from '@tender/tenant'
import { ExternalLink, LayoutGrid } from 'lucide-react'
import { useState } from 'react'
import { leasesQuery, useMarket } from '../../shared/api/queries.ts'
import { shortHex } from '../../shared/format/hex.ts'
import { Price } from '../../shared/ui/Amount.tsx'
import { Badge } from '../../shared/ui/Badge.tsx'
import { ButtonLink } from '../../shared/ui/ButtonLink.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { Page } from '../../shared/ui/Page.tsx'
import { PagedTable } from '../../shared/ui/PagedTable.tsx'
import { Segmented } from '../../shared/ui/Segmented.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'
import type { Column } from '../../shared/ui/Table.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { Countdown, RelativeTime } from '../../shared/ui/Time.tsx'
import { ConnectButton } from '../../shared/wallet/AccountButton.tsx'
import { useWallet } from '../../shared/wallet/useWallet.ts'
import { CostSoFar } from './CostSoFar.tsx'
import { LeaseBadge } from './LeaseBadge.tsx'
import { useOwnLeases } from './useOwnLeases.ts'

/** Everything that the connected account rents or rented, wherever it was ordered. */
export function LeasesPage() {
  const { connection, restoring } = useWallet()
  return (
    <Page
      title="My leases"
      lead="What you rent, what it cost so far, and when it ends. Close one at any second: what is not used comes back."
      actions={
        <ButtonLink to="/deploy" look="primary">
          Deploy
        </ButtonLink>
      }
    >
      {connection ? (
        <LeasesOf tenant={connection.address} />
      ) : (
        <Card flush>
          {restoring ? (
            <SkeletonRows rows={5} />
          ) : (
            <EmptyState icon={LayoutGrid} title="No account is connected" actions={<ConnectButton />}>
              Connect one to see its leases, also those that were opened with the command line.
            </EmptyState>
          )}
        </Card>
      )}
    </Page>
  )
}

const states = [
  { value: 'all', label: 'All' },
  { value: 'running', label: 'Running' },
  { value: 'ending', label: 'Ending' },
  { value: 'ended', label: 'Ended' },
] as const
type StateChoice = (typeof states)[number]['value']

function LeasesOf({ tenant }: { tenant: string }) {
  const [state, setState] = useState<StateChoice>('all')
  const { data: market } = useMarket()
  const own = useOwnLeases()
  const leases = useInfiniteQuery(leasesQuery(state === 'all' ? { tenant } : { tenant, state }))
  return (
    <Card
      title="Leases"
      flush
      actions={<Segmented label="Which leases" value={state} options={states} onValueChange={setState} />}
    >
      <PagedTable
        list={leases}
        failed="The leases could not be read"
        likelyRows={5}
        empty={
          state === 'all'
            ? {
                icon: LayoutGrid,
                title: 'Nothing rented yet',
                children: 'An example runs in a few seconds, and costs a fraction of a cent.',
                actions: <ButtonLink to="/deploy">Deploy something</ButtonLink>,
              }
            : { icon: LayoutGrid, title: `No lease is ${state}` }
        }
        caption="Leases"
        columns={columnsOf(market?.assets ?? [], own.data)}
        rowKey={({ id }) => id}
      />
    </Card>
  )
}

function columnsOf(assets: readonly Asset[], own: ReadonlyMap<string, TenantLease> | undefined): Column<Lease>[] {
  const assetOf = (lease: Lease) => assets.find(({ address }) => address === lease.asset)
  return [
    {
      key: 'name',
      header: 'Lease',
      cell: ({ id, job }) => (
        <TextLink to="/leases/$id" params={{ id }} className="font-medium">
          {own?.get(id)?.name ?? <span className="font-mono text-[13px]">{shortHex(id)}</span>}
          {job && <Badge className="ml-2">job</Badge>}
        </TextLink>
      ),
    },
    {
      key: 'state',
      header: 'State',
      cell: (lease) => (
        <>
          <LeaseBadge lease={lease} />
          {lease.state !== 'ended' && lease.stop !== null && (
            <span className="block text-xs text-muted sm:hidden">
              ends in <Countdown until={lease.stop} />
            </span>
          )}
        </>
      ),
    },
    {
      key: 'cost',
      header: 'Cost so far',
      align: 'right',
      cell: (lease) => {
        const asset = assetOf(lease)
        return asset ? <CostSoFar lease={lease} asset={asset} /> : '…'
      },
    },
    {
      key: 'rate',
      header: 'Rate',
      align: 'right',
      from: 'md',
      cell: (lease) => {
        const asset = assetOf(lease)
        return asset ? <Price amount={lease.rate} asset={asset} /> : '…'
      },
    },
    {
      key: 'ends',
      header: 'Ends',
      from: 'sm',
      align: 'right',
      cell: ({ state, stop }) =>
        stop === null ? (
          'with its result'
        ) : state === 'ended' ? (
          <RelativeTime at={stop} className="text-muted" />
        ) : (
          <>
            in <Countdown until={stop} />
          </>
        ),
    },
    {
      key: 'takes',
      header: 'Takes',
      from: 'lg',
      cell: ({ units, class: name }) => `${units} ${name}`,
    },
    {
      key: 'provider',
      header: 'Provider',
      from: 'sm',
      cell: ({ provider }) => (
        <TextLink to="/providers/$id" params={{ id: provider }}>
          {provider}
        </TextLink>
      ),
    },
    {
      key: 'url',
      header: <span className="sr-only">Address</span>,
      from: 'sm',
      align: 'right',
      cell: ({ id, state }) => {
        const url = own?.get(id)?.url
        return url && state === 'running' ? (
          <a
            href={url}
            target="_blank"
            rel="noreferrer"
            className="inline-flex items-center gap-1 text-accent hover:underline"
          >
            Open <ExternalLink className="size-3.5" aria-hidden />
          </a>
        ) : null
      },
    },
  ]
}
