import { useQuery } from '@tanstack/react-query'
import { Radar } from 'lucide-react'
import { monitorsQuery, useMarket } from '../../shared/api/queries.ts'
import { countText, shareText } from '../../shared/format/number.ts'
import { Badge } from '../../shared/ui/Badge.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { Hash } from '../../shared/ui/Hash.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'
import { TxLink } from '../../shared/ui/TxLink.tsx'
import { weightAt } from './signers.ts'

/** Who watches this market. */
export function MonitorsCard() {
  const { data, error, refetch } = useQuery(monitorsQuery)
  const { data: market } = useMarket()
  const timing = market?.eras
  const at = market?.head?.timestamp ?? 0
  const monitors = data?.items
    .filter(({ active }) => active)
    .map((monitor) => ({ ...monitor, weight: timing ? weightAt(monitor, at, timing) : monitor.weight }))
  const total = monitors?.reduce((sum, { weight }) => sum + weight, 0) ?? 0
  return (
    <Card title="Monitors" hint="Weight is locked stake, in whole tokens" flush>
      {error && !monitors ? (
        <ErrorState error={error} title="The monitors could not be read" retry={() => void refetch()} />
      ) : !monitors ? (
        <SkeletonRows rows={4} />
      ) : monitors.length === 0 ? (
        <EmptyState icon={Radar} title="Nobody watches yet" className="py-6">
          <code>tender monitor start</code> makes a monitor of any small server.
        </EmptyState>
      ) : (
        <ul className="divide-y divide-line border-t border-line">
          {monitors.map((monitor) => (
            <li key={monitor.key} className="flex items-center justify-between gap-3 px-4 py-2.5 sm:px-5">
              <div className="min-w-0">
                <Hash value={monitor.key} />
                <div className="text-[13px] text-muted">
                  signed {countText(monitor.signed)}
                  {monitor.missed > 0 && `, missed ${countText(monitor.missed)}`}
                </div>
              </div>
              <div className="text-right">
                <TxLink tx={monitor.tx} className="font-medium">
                  {countText(monitor.weight)}
                </TxLink>
                <div className="text-[13px] text-muted">{shareText(monitor.weight, total)}</div>
                {monitor.slashed > 0n && <Badge tone="bad">slashed</Badge>}
              </div>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
