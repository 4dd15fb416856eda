import type { Era } from '@tender/api'
import { Check, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { useChainNow } from '../../shared/hooks/useChainNow.ts'
import { Card } from '../../shared/ui/Card.tsx'
import { cn } from '../../shared/ui/cn.ts'
import { DateTime, RelativeTime } from '../../shared/ui/Time.tsx'
import { TxLink } from '../../shared/ui/TxLink.tsx'

type Moment = { name: string; at: number; more?: ReactNode; failed?: boolean }

/** How far an era has come: it began, ended, was posted, took effect. */
export function EraTimeline({ era }: { era: Era }) {
  const now = useChainNow()
  const last: Moment =
    era.state === 'vetoed'
      ? { name: 'Vetoed', at: era.postedAt, failed: true, more: era.vetoTx && <TxLink tx={era.vetoTx}>veto</TxLink> }
      : { name: era.effectiveAt > now ? 'Takes effect' : 'Took effect', at: era.effectiveAt }
  const moments: Moment[] = [
    { name: 'Began', at: era.from },
    { name: 'Ended', at: era.coveredUntil },
    { name: 'Posted', at: era.postedAt, more: <TxLink tx={era.tx}>transaction</TxLink> },
    last,
  ]
  return (
    <Card>
      <ol className="grid gap-4 sm:grid-cols-4 sm:gap-0">
        {moments.map(({ name, at, more, failed }, index) => {
          const done = at <= now
          const Icon = failed ? X : Check
          return (
            <li key={name} className="relative flex gap-3 sm:flex-col sm:gap-2">
              {index > 0 && (
                <span
                  aria-hidden
                  className={cn(
                    'absolute top-3 right-full hidden h-px w-full sm:block',
                    done ? 'bg-accent' : 'bg-line-strong',
                  )}
                />
              )}
              <span
                className={cn(
                  'z-10 flex size-6 shrink-0 items-center justify-center rounded-full',
                  failed
                    ? 'bg-bad text-surface'
                    : done
                      ? 'bg-accent text-on-accent'
                      : 'border-2 border-line-strong bg-surface',
                )}
              >
                {done && <Icon className="size-3.5" aria-hidden />}
              </span>
              <div className="min-w-0">
                <div className="flex flex-wrap items-baseline gap-x-2">
                  <span className="font-medium">{name}</span>
                  {more && <span className="text-[13px]">{more}</span>}
                </div>
                {!failed && (
                  <div className="text-[13px] text-muted">
                    <RelativeTime at={at} /> · <DateTime at={at} />
                  </div>
                )}
              </div>
            </li>
          )
        })}
      </ol>
    </Card>
  )
}
