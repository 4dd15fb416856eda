import { useQuery } from '@tanstack/react-query'
import { Coins } from 'lucide-react'
import { Suspense, useState } from 'react'
import { earningsQuery, useMarket } from '../../shared/api/queries.ts'
import { Amount } from '../../shared/ui/Amount.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { lazyPart } from '../../shared/ui/lazyPart.ts'
import { Segmented } from '../../shared/ui/Segmented.tsx'
import { Skeleton } from '../../shared/ui/Skeleton.tsx'
import { Stat } from '../../shared/ui/Stat.tsx'
import { earningsRows } from './earningsRows.ts'

const EarningsChart = lazyPart(() => import('./EarningsChart.tsx').then((part) => part.EarningsChart))

const intervals = [
  { value: 'hour', label: 'Hours' },
  { value: 'day', label: 'Days' },
] as const

/** What the provider was paid, by settlements on the chain. */
export function EarningsCard({ provider }: { provider: string }) {
  const [interval, setInterval] = useState<'hour' | 'day'>('hour')
  const { data: market } = useMarket()
  const earnings = useQuery(earningsQuery(provider, interval))
  return (
    <Card
      title="Earnings"
      hint="Settled by the escrow, less the market's fee"
      actions={<Segmented label="Interval" value={interval} options={intervals} onValueChange={setInterval} />}
    >
      {earnings.isLoadingError ? (
        <ErrorState
          title="The earnings could not be read"
          error={earnings.error}
          retry={() => void earnings.refetch()}
        />
      ) : !earnings.data || !market ? (
        <Skeleton className="h-56 w-full" />
      ) : earnings.data.totals.length === 0 ? (
        <EmptyState icon={Coins} title="Nothing settled yet">
          A provider is paid when it settles: monitored leases by reports, the others by time.
        </EmptyState>
      ) : (
        <div className="flex flex-col gap-5">
          <div className="flex flex-wrap gap-8">
            {earnings.data.totals.map(({ asset, paid, fee }) => {
              const known = market.assets.find(({ address }) => address === asset)
              return known ? (
                <Stat
                  key={asset}
                  label={`Ever, in ${known.symbol}`}
                  value={<Amount amount={paid - fee} asset={known} />}
                  hint={
                    <>
                      after a fee of <Amount amount={fee} asset={known} />
                    </>
                  }
                />
              ) : null
            })}
          </div>
          <Suspense fallback={<Skeleton className="h-56 w-full" />}>
            <EarningsChart
              rows={earningsRows(earnings.data, market.assets)}
              assets={market.assets}
              interval={interval}
            />
          </Suspense>
        </div>
      )}
    </Card>
  )
}
