import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ClassPrice, ResourceClass } from '@tender/api'
import { useAssets } from '../../shared/api/assets.ts'
import { candlesQuery } from '../../shared/api/queries.ts'
import { amountNumber } from '../../shared/format/amount.ts'
import { countText, shareText } from '../../shared/format/number.ts'
import { classTitle, classUnit } from '../../shared/format/resourceClass.ts'
import { Price } from '../../shared/ui/Amount.tsx'
import { cn } from '../../shared/ui/cn.ts'
import { Meter } from '../../shared/ui/Meter.tsx'
import { Sparkline } from '../../shared/ui/Sparkline.tsx'

/** A resource class at a glance: what a unit costs, and how much of it is taken. Chooses what is shown below. */
export function ClassCard({ resource, selected }: { resource: ResourceClass; selected: boolean }) {
  const { name, leasedUnits, committedUnits, providers } = resource
  const price = resource.prices[0]
  return (
    <Link
      to="/"
      search={{ class: name }}
      replace
      resetScroll={false}
      aria-current={selected ? 'true' : undefined}
      className={cn(
        'flex min-w-0 flex-col gap-3 rounded-xl border bg-surface p-4 shadow-card transition-colors',
        selected ? 'border-accent ring-1 ring-accent' : 'border-line hover:border-line-strong',
      )}
    >
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <div className="flex items-baseline gap-2">
            <span className="truncate font-medium">{classTitle(name)}</span>
            {classTitle(name) !== name && <code className="truncate text-xs text-muted">{name}</code>}
          </div>
          <p className="truncate text-[13px] text-muted">{classUnit(name) ?? 'one device'}</p>
        </div>
        {price && <Trend name={name} price={price} />}
      </div>
      {price ? (
        <div className="flex items-baseline gap-2">
          <PriceNow price={price} />
          <span className="text-[13px] text-muted">median of {countText(price.matches)} matches</span>
        </div>
      ) : (
        <p className="text-[13px] leading-7 text-muted">No match yet: the first one sets the price.</p>
      )}
      <div>
        <Meter share={committedUnits > 0 ? leasedUnits / committedUnits : 0} label="Leased" />
        <div className="mt-1.5 flex justify-between gap-3 text-[13px] text-muted">
          <span>
            <span className="font-medium text-ink">{shareText(leasedUnits, committedUnits)}</span> leased,{' '}
            {countText(leasedUnits)} of {countText(committedUnits)} units
          </span>
          <span className="whitespace-nowrap">
            {countText(providers)} {providers === 1 ? 'provider' : 'providers'}
          </span>
        </div>
      </div>
    </Link>
  )
}

function PriceNow({ price }: { price: ClassPrice }) {
  const { assetOf } = useAssets()
  return (
    <Price
      amount={price.reference}
      asset={assetOf(price.asset)}
      className="text-xl leading-7 font-semibold tracking-[-0.015em]"
    />
  )
}

function Trend({ name, price }: { name: string; price: ClassPrice }) {
  const { assetOf } = useAssets()
  const { data } = useQuery(candlesQuery(name, price.asset, 'hour'))
  const { decimals } = assetOf(price.asset)
  const values = (data?.items ?? []).map((item) => amountNumber(item.median, decimals))
  return <Sparkline values={values} label="Median price, last 7 days" className="w-20 shrink-0" />
}
