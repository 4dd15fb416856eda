import type { Provider, ProviderEra } from '@tender/api'
import { Gauge } from 'lucide-react'
import { Suspense } from 'react'
import { bpsText } from '../../shared/format/number.ts'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { Explained } from '../../shared/ui/Explained.tsx'
import { lazyPart } from '../../shared/ui/lazyPart.ts'
import { Meter } from '../../shared/ui/Meter.tsx'
import { Skeleton } from '../../shared/ui/Skeleton.tsx'
import { Sparkline } from '../../shared/ui/Sparkline.tsx'
import { scoreInputs } from './figures.ts'

const ScoreChart = lazyPart(() => import('./ScoreChart.tsx').then((part) => part.ScoreChart))
const HEIGHT = 220

export type ScoreCardProps = {
  provider: Provider
  /** The newest first; undefined while they are read. */
  eras: readonly ProviderEra[] | undefined
  error: Error | null
  retry: () => void
}

/** The score over eras, and the five inputs that it is made of. */
export function ScoreCard({ provider, eras, error, retry }: ScoreCardProps) {
  const oldestFirst = eras?.toReversed()
  return (
    <Card
      title={<span id="score">Score over eras</span>}
      hint="Each era it moves a fifth of the way to the weighted sum of the five inputs"
    >
      {error && !eras ? (
        <ErrorState error={error} title="The eras could not be read" retry={retry} />
      ) : !oldestFirst ? (
        <Skeleton className="h-[220px] w-full rounded-lg" />
      ) : oldestFirst.length < 2 ? (
        <EmptyState icon={Gauge} title="Not enough eras yet">
          A score begins at 0 and is first reported after an era with a lease.
        </EmptyState>
      ) : (
        <Suspense fallback={<Skeleton className="h-[220px] w-full rounded-lg" />}>
          <ScoreChart series={[{ name: `Provider #${provider.id}`, eras: oldestFirst }]} height={HEIGHT} />
        </Suspense>
      )}
      <ul className="mt-5 grid gap-x-8 gap-y-4 border-t border-line pt-5 md:grid-cols-2">
        {scoreInputs.map(({ key, name, part, meaning }) => {
          const value = provider.inputs?.[key]
          const values = (oldestFirst ?? []).flatMap((era) => (era.inputs ? [era.inputs[key]] : []))
          return (
            <li key={key} className="flex items-center gap-4">
              <div className="min-w-0 flex-1">
                <div className="mb-1 flex items-baseline justify-between gap-3">
                  <span className="flex items-center gap-2">
                    <Explained meaning={meaning}>{name}</Explained>
                    <span className="text-[13px] whitespace-nowrap text-muted" title={`Counts ${part} % of the score`}>
                      × {part} %
                    </span>
                  </span>
                  <span className="font-medium whitespace-nowrap">
                    {value === undefined ? 'not yet' : bpsText(value)}
                  </span>
                </div>
                <Meter share={(value ?? 0) / 10_000} label={name} />
              </div>
              <Sparkline
                values={values}
                min={0}
                max={10_000}
                label={`${name} over eras`}
                className="w-20 shrink-0 max-[400px]:hidden"
              />
            </li>
          )
        })}
      </ul>
    </Card>
  )
}
