import type { ColumnDef } from '@tanstack/react-table'
import type { Provider } from '@tender/api'
import { useAssets } from '../../shared/api/assets.ts'
import { countryName } from '../../shared/format/country.ts'
import { bpsText, countText } from '../../shared/format/number.ts'
import { Amount, Price } from '../../shared/ui/Amount.tsx'
import { Country } from '../../shared/ui/Country.tsx'
import { LevelBadge } from '../../shared/ui/LevelBadge.tsx'
import { Meter } from '../../shared/ui/Meter.tsx'
import { ProviderStateBadge } from '../../shared/ui/ProviderStateBadge.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { priceOf, unitsOf } from './figures.ts'

const right = { right: true }

/** Columns of the providers' table; the price is of `resource`. */
export function providerColumns(resource: string): ColumnDef<Provider>[] {
  return [
    {
      id: 'id',
      header: 'Provider',
      accessorFn: ({ id }) => Number(id),
      cell: ({ row }) => <Name provider={row.original} />,
    },
    {
      id: 'score',
      header: 'Score',
      accessorKey: 'score',
      meta: right,
      cell: ({ row: { original } }) => (
        <TextLink to="/providers/$id" params={{ id: original.id }} hash="score" className="font-medium text-ink">
          {bpsText(original.score)}
        </TextLink>
      ),
    },
    {
      id: 'level',
      header: 'Trust',
      accessorKey: 'level',
      cell: ({ row }) => <LevelBadge level={row.original.level} />,
    },
    {
      id: 'price',
      header: `Price of ${resource}`,
      accessorFn: (provider) => Number(priceOf(provider, resource)?.price ?? Number.POSITIVE_INFINITY),
      meta: right,
      cell: ({ row }) => <AskedPrice provider={row.original} resource={resource} />,
    },
    {
      id: 'country',
      header: 'Country',
      accessorFn: ({ country }) => countryName(country),
      cell: ({ row }) => <Country code={row.original.country} />,
    },
    {
      id: 'stake',
      header: 'Stake',
      accessorFn: ({ stake }) => Number(stake.bonded),
      meta: right,
      cell: ({ row }) => <Stake provider={row.original} />,
    },
    {
      id: 'units',
      header: 'Units leased',
      accessorFn: (provider) => unitsOf(provider).committed,
      meta: right,
      cell: ({ row }) => <Units provider={row.original} />,
    },
    {
      id: 'leases',
      header: 'Leases',
      accessorFn: ({ leases }) => leases.running,
      meta: right,
      cell: ({ row: { original } }) => (
        <span title={`${original.leases.total} ever opened`}>{countText(original.leases.running)}</span>
      ),
    },
    {
      id: 'incidents',
      header: 'Incidents',
      accessorKey: 'incidentCount',
      meta: right,
      cell: ({ row: { original } }) =>
        original.incidentCount === 0 ? (
          <span className="text-muted">none</span>
        ) : (
          <TextLink to="/providers/$id" params={{ id: original.id }} hash="incidents">
            {countText(original.incidentCount)}
          </TextLink>
        ),
    },
  ]
}

function Name({ provider }: { provider: Provider }) {
  return (
    <span className="flex items-center gap-2">
      <TextLink to="/providers/$id" params={{ id: provider.id }} className="font-medium">
        #{provider.id}
      </TextLink>
      {provider.state !== 'active' && <ProviderStateBadge state={provider.state} />}
    </span>
  )
}

function AskedPrice({ provider, resource }: { provider: Provider; resource: string }) {
  const { assetOf } = useAssets()
  const price = priceOf(provider, resource)
  if (!price) return <span className="text-muted">unknown</span>
  const said = price.source === 'availability' ? 'As it says' : 'Of its latest lease'
  return (
    <span title={said}>
      <Price amount={price.price} asset={assetOf(price.asset)} />
    </span>
  )
}

function Stake({ provider }: { provider: Provider }) {
  const { stakeToken } = useAssets()
  return <Amount amount={provider.stake.bonded} asset={stakeToken} />
}

function Units({ provider }: { provider: Provider }) {
  const { committed, leased } = unitsOf(provider)
  return (
    <span className="inline-flex items-center justify-end gap-2">
      <Meter share={committed > 0 ? leased / committed : 0} label="Leased" className="w-14" />
      <span className="min-w-14">
        {countText(leased)} of {countText(committed)}
      </span>
    </span>
  )
}
