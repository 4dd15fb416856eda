import { useInfiniteQuery } from '@tanstack/react-query'
import type { Asset, Match, ProviderDetail } from '@tender/api'
import { Scale } from 'lucide-react'
import { matchesQuery, useMarket } from '../../shared/api/queries.ts'
import { Price } from '../../shared/ui/Amount.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'
import { type Column, Table } from '../../shared/ui/Table.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { RelativeTime } from '../../shared/ui/Time.tsx'
import { TxLink } from '../../shared/ui/TxLink.tsx'
import { type Lost, lostTo } from './lostTo.ts'

/** Orders of the provider's classes that others won, beside what it asks itself. */
export function LostOrders({ provider }: { provider: ProviderDetail }) {
  const { data: market } = useMarket()
  const [first] = provider.capacity
  const matches = useInfiniteQuery(matchesQuery(first ? { class: first.class } : {}))
  const lost =
    matches.data &&
    lostTo(
      provider,
      matches.data.pages.flatMap((page) => page.items),
    )
  return (
    <Card
      title="Went to others"
      hint={
        <>
          Matches of your class that others won, beside what you announce. Bids are sealed, so nobody here knows yours;
          why your machine declined an order it says itself: <code>tender provider status</code>,{' '}
          <code>tender order why</code>.
        </>
      }
      flush
    >
      {matches.isLoadingError ? (
        <ErrorState title="The matches could not be read" error={matches.error} retry={() => void matches.refetch()} />
      ) : !lost || !market ? (
        <SkeletonRows rows={3} />
      ) : lost.length === 0 ? (
        <EmptyState icon={Scale} title="Nothing went to others lately" />
      ) : (
        <Table
          caption="Matches that others won"
          columns={columnsOf(market.assets)}
          rows={lost.slice(0, 20)}
          rowKey={({ match }) => match.lease}
        />
      )}
    </Card>
  )
}

function columnsOf(assets: readonly Asset[]): Column<Lost>[] {
  const price = (match: Match, amount: bigint) => {
    const asset = assets.find(({ address }) => address === match.asset)
    return asset && <Price amount={amount} asset={asset} />
  }
  return [
    { key: 'when', header: 'When', cell: ({ match }) => <RelativeTime at={match.at} className="text-muted" /> },
    {
      key: 'to',
      header: 'Won by',
      cell: ({ match }) => (
        <TextLink to="/providers/$id" params={{ id: match.provider }}>
          Provider {match.provider}
        </TextLink>
      ),
    },
    { key: 'price', header: 'At', align: 'right', cell: ({ match }) => price(match, match.price) },
    {
      key: 'own',
      header: 'You announce',
      align: 'right',
      cell: ({ match, own }) => (own === undefined ? <span className="text-muted">nothing</span> : price(match, own)),
    },
    { key: 'why', header: 'So', from: 'sm', cell: ({ words }) => <span className="text-muted">{words}</span> },
    { key: 'tx', header: 'Transaction', align: 'right', from: 'md', cell: ({ match }) => <TxLink tx={match.tx} /> },
  ]
}
