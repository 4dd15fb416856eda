import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Match } from '@tender/api'
import { Handshake } from 'lucide-react'
import { useRef, useState } from 'react'
import { useAssets } from '../../shared/api/assets.ts'
import { matchesQuery } from '../../shared/api/queries.ts'
import { countText } from '../../shared/format/number.ts'
import { useChainNow } from '../../shared/hooks/useChainNow.ts'
import { Price } from '../../shared/ui/Amount.tsx'
import { Badge } from '../../shared/ui/Badge.tsx'
import { Button } from '../../shared/ui/Button.tsx'
import { ButtonLink } from '../../shared/ui/ButtonLink.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'
import { type Column, Table } from '../../shared/ui/Table.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { Duration, RelativeTime } from '../../shared/ui/Time.tsx'
import { TxLink } from '../../shared/ui/TxLink.tsx'

const STEP = 10

const columns: readonly Column<Match>[] = [
  { key: 'at', header: 'When', cell: (match) => <RelativeTime at={match.at} className="text-muted" /> },
  {
    key: 'class',
    header: 'Class',
    cell: (match) => (
      <code className="inline-block max-w-28 truncate align-bottom text-[13px] sm:max-w-none">{match.class}</code>
    ),
  },
  { key: 'units', header: 'Units', align: 'right', from: 'sm', cell: (match) => countText(match.units) },
  { key: 'price', header: 'Price per unit', align: 'right', cell: (match) => <MatchPrice match={match} /> },
  {
    key: 'provider',
    header: 'Provider',
    from: 'sm',
    cell: (match) => (
      <TextLink to="/providers/$id" params={{ id: match.provider }}>
        #{match.provider}
      </TextLink>
    ),
  },
  {
    key: 'for',
    header: 'For',
    align: 'right',
    from: 'md',
    cell: (match) => (
      <>
        {match.kind === 'job' && <Badge className="mr-2">job</Badge>}
        <Duration seconds={match.durationSeconds} />
      </>
    ),
  },
  {
    key: 'lease',
    header: 'Lease',
    align: 'right',
    from: 'sm',
    cell: (match) => (
      <Link
        to="/leases/$id"
        params={{ id: match.lease }}
        className="font-mono text-[13px] text-accent underline-offset-4 hover:underline"
      >
        {match.lease.slice(0, 8)}…
      </Link>
    ),
  },
]

function MatchPrice({ match }: { match: Match }) {
  const { assetOf } = useAssets()
  return (
    <TxLink tx={match.tx}>
      <Price amount={match.price} asset={assetOf(match.asset)} className="font-medium" />
    </TxLink>
  )
}

/** Leases as they open, the newest first. */
export function RecentMatches() {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(matchesQuery())
  const [shown, setShown] = useState(STEP)
  const now = useChainNow()
  const openedAt = useRef(now)
  const matches = data?.pages.flatMap((page) => page.items)
  const more = () => {
    setShown((count) => count + STEP)
    if (hasNextPage && matches && shown + STEP > matches.length) void fetchNextPage()
  }
  return (
    <Card
      title="Recent matches"
      hint="Leases as they open; each price leads to its transaction"
      flush
      className="overflow-hidden"
    >
      {error && !matches ? (
        <ErrorState error={error} title="The matches could not be read" retry={() => void refetch()} />
      ) : !matches ? (
        <SkeletonRows rows={STEP} />
      ) : matches.length === 0 ? (
        <EmptyState
          icon={Handshake}
          title="No match yet"
          actions={
            <ButtonLink to="/deploy" look="primary" size="small">
              Deploy something
            </ButtonLink>
          }
        >
          A match is an order and a bid that opened a lease. Yours can be the first.
        </EmptyState>
      ) : (
        <>
          <Table
            caption="Recent matches"
            columns={columns}
            rows={matches.slice(0, shown)}
            rowKey={(match) => match.lease}
            isNew={(match) => match.at > openedAt.current}
          />
          {(matches.length > shown || hasNextPage) && (
            <div className="border-t border-line p-2 text-center">
              <Button look="quiet" size="small" busy={isFetchingNextPage} onClick={more}>
                Show more
              </Button>
            </div>
          )}
        </>
      )}
    </Card>
  )
}
