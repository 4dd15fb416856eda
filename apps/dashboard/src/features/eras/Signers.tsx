import { useQuery } from '@tanstack/react-query'
import type { Era } from '@tender/api'
import { monitorsQuery, useMarket } from '../../shared/api/queries.ts'
import { countText, shareText } from '../../shared/format/number.ts'
import { Badge } from '../../shared/ui/Badge.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { Hash } from '../../shared/ui/Hash.tsx'
import { Meter } from '../../shared/ui/Meter.tsx'
import { signerRows } from './signers.ts'

/** Who signed a report and who missed it. */
export function Signers({ era }: { era: Era }) {
  const { data } = useQuery(monitorsQuery)
  const { data: market } = useMarket()
  // Without the market's clock nobody can be said to have missed it.
  const rows = signerRows(era, market?.eras ? (data?.items ?? []) : [], market?.eras ?? { genesis: 0, eraSeconds: 1 })
  return (
    <Card title="Signers" hint="More than two thirds of the weight make it count" flush>
      <ul className="divide-y divide-line border-t border-line">
        {rows.map(({ monitor, weight, signed }) => (
          <li key={monitor} className="px-4 py-2.5 sm:px-5">
            <div className="flex items-center justify-between gap-3">
              <Hash value={monitor} />
              <Badge tone={signed ? 'good' : 'warn'}>{signed ? 'signed' : 'missed'}</Badge>
              <span className="ml-auto font-medium">{countText(weight)}</span>
              <span className="w-11 text-right text-[13px] text-muted">{shareText(weight, era.totalWeight)}</span>
            </div>
            <Meter
              share={era.totalWeight > 0 ? weight / era.totalWeight : 0}
              label="Share of the weight"
              tone={signed ? 'good' : 'warn'}
              className="mt-1.5"
            />
          </li>
        ))}
      </ul>
    </Card>
  )
}
