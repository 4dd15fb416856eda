import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { Candles, ResourceClass } from '@tender/api'
import { ChartLine, Scale } from 'lucide-react'
import { Suspense, useState } from 'react'
import { findAsset } from '../../shared/api/assets.ts'
import { candlesQuery, depthQuery, matchesQuery, useMarket } from '../../shared/api/queries.ts'
import { classTitle } from '../../shared/format/resourceClass.ts'
import { Price } from '../../shared/ui/Amount.tsx'
import { ButtonLink } from '../../shared/ui/ButtonLink.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { lazyPart } from '../../shared/ui/lazyPart.ts'
import { Segmented } from '../../shared/ui/Segmented.tsx'
import { Select } from '../../shared/ui/Select.tsx'
import { Skeleton } from '../../shared/ui/Skeleton.tsx'
import { RelativeTime } from '../../shared/ui/Time.tsx'
import { TxLink } from '../../shared/ui/TxLink.tsx'

// The charts' code comes after the page's first words.
const PriceChart = lazyPart(() => import('./PriceChart.tsx').then((part) => part.PriceChart))
const LivePrices = lazyPart(() => import('./LivePrices.tsx').then((part) => part.LivePrices))
const DepthChart = lazyPart(() => import('./DepthChart.tsx').then((part) => part.DepthChart))

const HEIGHT = 280

/** `match`: one by one, as they come in. */
type View = 'match' | Candles['interval']

/** What one class costs over time, and what is asked and offered now. */
export function ClassDetail({ resource }: { resource: ResourceClass }) {
  const { data: market } = useMarket()
  const [chosen, choose] = useState<string>()
  const [view, setView] = useState<View>('match')
  const assets = market?.assets ?? []
  const address = chosen ?? resource.prices[0]?.asset ?? assets[0]?.address
  if (!address) return <Skeleton className="h-90 w-full rounded-xl" />
  const shown = { name: resource.name, asset: address }
  const price = resource.prices.find((one) => one.asset === address)
  return (
    <div className="grid gap-5 xl:grid-cols-[minmax(0,1fr)_26rem]">
      <Card
        title={`Price of a ${classTitle(resource.name)}`}
        hint={
          price ? (
            <>
              Last match{' '}
              <TxLink tx={price.last.tx}>
                <Price amount={price.last.price} asset={findAsset(market, address)} />
              </TxLink>
              , <RelativeTime at={price.last.at} />
            </>
          ) : (
            'Per unit and hour, from actual matches'
          )
        }
        actions={
          <>
            {assets.length > 1 && (
              <Select
                aria-label="Asset"
                value={address}
                options={assets.map((asset) => ({ value: asset.address, label: asset.symbol }))}
                onValueChange={choose}
              />
            )}
            <Segmented
              label="Prices by"
              value={view}
              options={[
                { value: 'match', label: 'Live' },
                { value: 'hour', label: 'Hours' },
                { value: 'day', label: 'Days' },
              ]}
              onValueChange={setView}
            />
          </>
        }
      >
        {view === 'match' ? <Latest {...shown} /> : <Prices {...shown} interval={view} />}
      </Card>
      <Card title="Depth" hint="Units asked and offered, by price" actions={<DepthKey />}>
        <Book {...shown} />
      </Card>
    </div>
  )
}

type Shown = { name: string; asset: string }

function Prices({ name, asset, interval }: Shown & { interval: Candles['interval'] }) {
  const { data: market } = useMarket()
  const { data, error, refetch } = useQuery(candlesQuery(name, asset, interval))
  if (error) return <ErrorState error={error} title="The prices could not be read" retry={() => void refetch()} />
  if (!data) return <ChartPlace />
  if (data.items.length === 0) return <NoMatch />
  return (
    <Suspense fallback={<ChartPlace />}>
      <PriceChart candles={data} asset={findAsset(market, asset)} height={HEIGHT} />
    </Suspense>
  )
}

function Latest({ name, asset }: Shown) {
  const { data: market } = useMarket()
  const { data, error, refetch } = useInfiniteQuery(matchesQuery({ class: name }))
  if (error && !data)
    return <ErrorState error={error} title="The matches could not be read" retry={() => void refetch()} />
  const matches = data?.pages[0]?.items.filter((match) => match.asset === asset)
  if (!matches) return <ChartPlace />
  if (matches.length === 0) return <NoMatch />
  return (
    <Suspense fallback={<ChartPlace />}>
      <LivePrices matches={matches} asset={findAsset(market, asset)} height={HEIGHT} />
    </Suspense>
  )
}

function NoMatch() {
  return (
    <div className="flex items-center justify-center" style={{ minHeight: HEIGHT }}>
      <EmptyState
        icon={ChartLine}
        title="No match in this asset yet"
        actions={
          <ButtonLink to="/deploy" size="small" look="primary">
            Deploy something
          </ButtonLink>
        }
      >
        Prices are of actual matches only. Deploy something, and yours is the first.
      </EmptyState>
    </div>
  )
}

function Book({ name, asset }: Shown) {
  const { data: market } = useMarket()
  const { data, error, refetch } = useQuery(depthQuery(name, asset))
  if (error) return <ErrorState error={error} title="The book could not be read" retry={() => void refetch()} />
  if (!data) return <ChartPlace />
  if (data.demand.length + data.supply.length === 0) {
    return (
      <div className="flex items-center justify-center" style={{ minHeight: HEIGHT }}>
        <EmptyState icon={Scale} title="Nobody asks or offers now">
          Open orders and what providers say they have free show here as soon as they are heard.
        </EmptyState>
      </div>
    )
  }
  return (
    <Suspense fallback={<ChartPlace />}>
      <DepthChart depth={data} asset={findAsset(market, asset)} height={HEIGHT} />
    </Suspense>
  )
}

function ChartPlace() {
  return (
    <div role="status" aria-label="Loading" style={{ height: HEIGHT }}>
      <Skeleton className="h-full w-full rounded-lg" />
    </div>
  )
}

function DepthKey() {
  return (
    <ul className="flex gap-3 text-[13px] text-muted">
      <li className="flex items-center gap-1.5">
        <span className="size-2 rounded-full bg-demand" aria-hidden /> Demand
      </li>
      <li className="flex items-center gap-1.5">
        <span className="size-2 rounded-full bg-supply" aria-hidden /> Supply
      </li>
    </ul>
  )
}
