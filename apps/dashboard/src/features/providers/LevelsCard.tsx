import type { Provider } from '@tender/api'
import { countText } from '../../shared/format/number.ts'
import { Card } from '../../shared/ui/Card.tsx'
import { LevelBadge } from '../../shared/ui/LevelBadge.tsx'
import { Meter } from '../../shared/ui/Meter.tsx'
import { Skeleton } from '../../shared/ui/Skeleton.tsx'
import { levelScores } from './figures.ts'

const levels = [...levelScores, { level: 5, from: 0 }]

/** How many providers each trust level has, and what the levels mean. */
export function LevelsCard({ providers }: { providers: readonly Provider[] | undefined }) {
  return (
    <Card title="Trust levels" hint="By score: good eras raise it slowly, bad ones lower it fast">
      <ul className="flex flex-col gap-3.5">
        {levels.map(({ level, from }) => {
          const count = providers?.filter((provider) => provider.level === level).length ?? 0
          const share = providers && providers.length > 0 ? count / providers.length : 0
          return (
            <li key={level}>
              <div className="mb-1.5 flex items-center justify-between gap-3">
                <LevelBadge level={level} />
                <span className="text-[13px] text-muted">
                  {from > 0 ? `score from ${from / 100} %` : 'below that, or out of date'}
                </span>
                <span className="min-w-6 text-right font-medium">
                  {providers ? countText(count) : <Skeleton className="w-6" />}
                </span>
              </div>
              <Meter share={share} label={`Providers of level ${level}`} />
            </li>
          )
        })}
      </ul>
    </Card>
  )
}
