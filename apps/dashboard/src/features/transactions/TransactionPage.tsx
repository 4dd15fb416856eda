import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import type { ChainEvent, Transaction } from '@tender/api'
import { transactionQuery } from '../../shared/api/queries.ts'
import { shortHex } from '../../shared/format/hex.ts'
import { countText } from '../../shared/format/number.ts'
import { Badge } from '../../shared/ui/Badge.tsx'
import { ButtonLink } from '../../shared/ui/ButtonLink.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { Facts } from '../../shared/ui/Facts.tsx'
import { Hash } from '../../shared/ui/Hash.tsx'
import { Page } from '../../shared/ui/Page.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'
import { DateTime, RelativeTime } from '../../shared/ui/Time.tsx'
import { ArgumentValue } from './ArgumentValue.tsx'
import { eventWords } from './eventWords.ts'

/** What one transaction did in this market, event by event. */
export function TransactionPage() {
  const { hash } = useParams({ from: '/tx/$hash' })
  const { data, error, refetch } = useQuery(transactionQuery(hash))
  return (
    <Page
      title={`Transaction ${shortHex(hash)}`}
      lead="What it did in this market’s contracts, as the chain logged it."
    >
      {error && !data ? (
        <Card>
          <ErrorState
            error={error}
            title="This transaction could not be shown"
            retry={() => void refetch()}
            actions={
              <ButtonLink to="/" size="small">
                To the market
              </ButtonLink>
            }
          />
        </Card>
      ) : data ? (
        <Content transaction={data} />
      ) : (
        <Card flush>
          <SkeletonRows rows={8} />
        </Card>
      )}
    </Page>
  )
}

function Content({ transaction }: { transaction: Transaction }) {
  const { events } = transaction
  return (
    <>
      <Card>
        <Facts
          facts={[
            { label: 'Hash', value: <Hash value={transaction.hash} full /> },
            {
              label: 'Block',
              value: (
                <span className="flex items-center gap-2">
                  {countText(transaction.block)}
                  {transaction.blockHash && <Hash value={transaction.blockHash} />}
                </span>
              ),
            },
            {
              label: 'When',
              value: (
                <>
                  <DateTime at={transaction.at} />{' '}
                  <RelativeTime at={transaction.at} className="font-normal text-muted" />
                </>
              ),
            },
          ]}
        />
      </Card>
      {events.length === 0 ? (
        <Card>
          <EmptyState title="It did nothing in this market">
            The chain has it, but none of its events are of these contracts.
          </EmptyState>
        </Card>
      ) : (
        <ol className="flex flex-col gap-4">
          {events.map((event) => (
            <li key={event.logIndex}>
              <EventCard event={event} />
            </li>
          ))}
        </ol>
      )}
    </>
  )
}

function EventCard({ event }: { event: ChainEvent }) {
  const args = Object.entries(event.args)
  return (
    <Card
      title={
        <span className="flex flex-wrap items-center gap-2">
          {event.name} <Badge>{event.contractName}</Badge>
        </span>
      }
      hint={eventWords(event.name)}
      actions={<span className="text-[13px] text-muted">log {event.logIndex}</span>}
    >
      {args.length === 0 ? (
        <p className="text-muted">Without arguments.</p>
      ) : (
        <dl className="grid gap-x-6 gap-y-1.5 text-sm sm:grid-cols-[minmax(7rem,max-content)_1fr]">
          {args.map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-muted">{name}</dt>
              <dd className="mb-1 min-w-0 sm:mb-0">
                <ArgumentValue name={name} value={value} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  )
}
