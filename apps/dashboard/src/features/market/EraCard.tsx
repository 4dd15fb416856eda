import { useInfiniteQuery } from '@tanstack/react-query'
import type { Era, EraTiming } from '@tender/api'
import { ShieldCheck } from 'lucide-react'
import { erasQuery, useMarket } from '../../shared/api/queries.ts'
import { countText, shareText } from '../../shared/format/number.ts'
import { durationText } from '../../shared/format/time.ts'
import { useChainNow } from '../../shared/hooks/useChainNow.ts'
import { Badge } from '../../shared/ui/Badge.tsx'
import { ButtonLink } from '../../shared/ui/ButtonLink.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { EraStateBadge } from '../../shared/ui/EraStateBadge.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { Facts } from '../../shared/ui/Facts.tsx'
import { Hash } from '../../shared/ui/Hash.tsx'
import { Meter } from '../../shared/ui/Meter.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { RelativeTime } from '../../shared/ui/Time.tsx'
import { TxLink } from '../../shared/ui/TxLink.tsx'

/** The era that runs, and the newest report. */
export function EraCard() {
  const { data: market } = useMarket()
  const { data, error, refetch } = useInfiniteQuery(erasQuery)
  const newest = data?.pages[0]?.items[0]
  const timing = market?.eras
  return (
    <Card
      title="Eras"
      hint="Monitors sign what was served, era by era; leases are paid by it"
      actions={
        newest && (
          <ButtonLink to="/eras" size="small">
            All eras
          </ButtonLink>
        )
      }
    >
      {error && !data ? (
        <ErrorState error={error} title="The reports could not be read" retry={() => void refetch()} />
      ) : market && !timing ? (
        <EmptyState icon={ShieldCheck} title="This market has no monitors">
          Leases here are paid by time.
        </EmptyState>
      ) : !data || !timing ? (
        <SkeletonRows rows={6} className="px-0 sm:px-0" />
      ) : (
        <div className="flex flex-col gap-5">
          <RunningEra timing={timing} newest={newest} />
          {newest ? <NewestReport era={newest} /> : <FirstReport />}
        </div>
      )}
    </Card>
  )
}

function RunningEra({ timing, newest }: { timing: EraTiming; newest: Era | undefined }) {
  const now = useChainNow()
  const from = newest?.coveredUntil ?? timing.genesis
  const left = from + timing.eraSeconds - now
  return (
    <div>
      <div className="flex items-baseline justify-between gap-3">
        <span className="font-medium">Era {countText((newest?.era ?? 0) + 1)}</span>
        <span className="text-[13px] text-muted">
          {left > 0 ? `ends in ${durationText(left)}` : 'its report is being agreed on'}
        </span>
      </div>
      <Meter share={1 - left / timing.eraSeconds} label="Of the era that runs" className="mt-2" />
    </div>
  )
}

function NewestReport({ era }: { era: Era }) {
  return (
    <div>
      <div className="mb-2 flex items-center gap-2">
        <TextLink to="/eras/$era" params={{ era: String(era.era) }} className="font-medium">
          Report of era {countText(era.era)}
        </TextLink>
        <EraStateBadge state={era.state} />
      </div>
      <Facts
        facts={[
          {
            label: 'Posted',
            value: (
              <TxLink tx={era.tx}>
                <RelativeTime at={era.postedAt} />
              </TxLink>
            ),
          },
          {
            label: 'Signed by',
            meaning: 'A report counts once more than two thirds of all monitors’ stake signed it.',
            value: (
              <>
                {era.signers.length} {era.signers.length === 1 ? 'monitor' : 'monitors'}{' '}
                <Badge tone="good">{shareText(era.signedWeight, era.totalWeight)} of the weight</Badge>
              </>
            ),
          },
          { label: 'Leaves', value: era.leaves ? countText(era.leaves.total) : 'data not here yet' },
          { label: 'Root', value: <Hash value={era.root} /> },
        ]}
      />
    </div>
  )
}

function FirstReport() {
  return <p className="text-[13px] text-muted">The first report follows when this era is over.</p>
}
