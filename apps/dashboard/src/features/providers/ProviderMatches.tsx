import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Match } from '@tender/api'
import { useAssets } from '../../shared/api/assets.ts'
import { matchesQuery } from '../../shared/api/queries.ts'
import { Price } from '../../shared/ui/Amount.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'
import { RelativeTime } from '../../shared/ui/Time.tsx'
import { TxLink } from '../../shared/ui/TxLink.tsx'

const SHOWN = 8

/** The leases that it won lately. */
export function ProviderMatches({ id }: { id: string }) {
  const { data, error, refetch } = useInfiniteQuery(matchesQuery({ provider: id }))
  const matches = data?.pages[0]?.items
  return (
    <Card title="Won lately" flush>
      {error && !matches ? (
        <ErrorState error={error} title="Its matches could not be read" retry={() => void refetch()} />
      ) : !matches ? (
        <SkeletonRows rows={4} />
      ) : matches.length === 0 ? (
        <EmptyState title="It has won no lease yet" className="py-6" />
      ) : (
        <ul className="divide-y divide-line border-t border-line">
          {matches.slice(0, SHOWN).map((match) => (
            <Won key={match.lease} match={match} />
          ))}
        </ul>
      )}
    </Card>
  )
}

function Won({ match }: { match: Match }) {
  const { assetOf } = useAssets()
  return (
    <li className="flex items-baseline justify-between gap-3 px-4 py-2 sm:px-5">
      <Link
        to="/leases/$id"
        params={{ id: match.lease }}
        className="text-accent underline-offset-4 hover:underline"
        title={match.lease}
      >
        {match.units} × {match.class}
      </Link>
      <TxLink tx={match.tx}>
        <Price amount={match.price} asset={assetOf(match.asset)} />
      </TxLink>
      <RelativeTime at={match.at} className="min-w-20 text-right text-[13px] text-muted" />
    </li>
  )
}
