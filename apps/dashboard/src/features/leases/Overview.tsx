import type { LeaseDetail, LeaseEvent } from '@tender/api'
import { formatDuration } from '@tender/protocol'
import { useMarket } from '../../shared/api/queries.ts'
import { Amount, Price } from '../../shared/ui/Amount.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { type Fact, Facts } from '../../shared/ui/Facts.tsx'
import { Hash } from '../../shared/ui/Hash.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { DateTime, RelativeTime } from '../../shared/ui/Time.tsx'
import { TxLink } from '../../shared/ui/TxLink.tsx'
import { Evidence } from './Evidence.tsx'
import type { PageReach } from './useReach.ts'

type Denominated = { symbol: string; decimals: number }

/** What was agreed, where its money went, and everything that happened to it, each with its transaction. */
export function Overview({ lease, reach }: { lease: LeaseDetail; reach: PageReach | undefined }) {
  const { data: market } = useMarket()
  const asset = market?.assets.find(({ address }) => address === lease.asset)
  if (!asset || !market) return null
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-4">
        <Card title="Money">
          <Facts facts={moneyFacts(lease, asset, market.stakeToken)} />
        </Card>
        <Card title="What was agreed">
          <Facts facts={termsFacts(lease, asset)} />
        </Card>
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        {lease.ended && reach && lease.state === 'ended' && <Evidence lease={lease} reach={reach} />}
        <Card title="What happened" hint="Every movement, with the transaction that made it">
          <ol className="flex flex-col gap-4">
            {lease.events.toReversed().map((event) => (
              <EventLine
                key={`${event.tx} ${event.logIndex}`}
                event={event}
                asset={asset}
                stakeToken={market.stakeToken}
              />
            ))}
          </ol>
        </Card>
      </div>
    </div>
  )
}

function moneyFacts(lease: LeaseDetail, asset: Denominated, stakeToken: Denominated): Fact[] {
  const facts: Fact[] = [
    { label: 'Paid in', value: <Amount amount={lease.deposited} asset={asset} /> },
    {
      label: 'Settled',
      meaning: 'What its provider was paid, the market’s fee included.',
      value: <Amount amount={lease.paid} asset={asset} />,
    },
    { label: 'Of that the fee', value: <Amount amount={lease.fee} asset={asset} /> },
    { label: 'Back to the tenant', value: <Amount amount={lease.refunded} asset={asset} /> },
    {
      label: 'Still held',
      meaning: 'For the provider to earn, or to come back.',
      value: <Amount amount={lease.held} asset={asset} />,
    },
  ]
  if (lease.credited > 0n) {
    facts.push({
      label: 'Compensated',
      meaning: 'From the provider’s stake, for service that was promised and not given.',
      value: <Amount amount={lease.credited} asset={stakeToken} />,
    })
  }
  return facts
}

function termsFacts(lease: LeaseDetail, asset: Denominated): Fact[] {
  return [
    {
      label: 'Provider',
      value: (
        <TextLink to="/providers/$id" params={{ id: lease.provider }}>
          Provider {lease.provider}
        </TextLink>
      ),
    },
    { label: 'Takes', value: `${lease.units} ${lease.class}, ${lease.tier}` },
    { label: 'Price per unit', value: <Price amount={lease.price} asset={asset} /> },
    { label: 'Started', value: <DateTime at={lease.start} /> },
    { label: 'Can be extended to', value: <DateTime at={lease.latestEnd} /> },
    { label: 'Charged at least', value: formatDuration(lease.minSeconds) },
    ...(lease.tier === 'interruptible'
      ? [{ label: 'Notice before an interruption', value: formatDuration(lease.noticeSeconds) }]
      : []),
    { label: 'Lease', value: <Hash value={lease.id} /> },
    { label: 'Order', value: <Hash value={lease.order} /> },
    { label: 'Opened by', value: <TxLink tx={lease.tx} /> },
  ]
}

const eventWords: Record<LeaseEvent['kind'], string> = {
  opened: 'Opened, paid in',
  extended: 'Extended, paid in',
  settled: 'Provider paid',
  ended: 'Ended, back at once',
  resolved: 'Settled for good, back',
  released: 'Its units are free again',
  fallback: 'Settled by time from here on',
  credited: 'Compensated from stake',
}

type EventProps = { event: LeaseEvent; asset: Denominated; stakeToken: Denominated }

function EventLine({ event, asset, stakeToken }: EventProps) {
  const { kind, amount, at, end, evidence, tx } = event
  return (
    <li className="flex items-start justify-between gap-4 text-sm">
      <div className="min-w-0">
        <p className="font-medium">
          {eventWords[kind]}{' '}
          {amount !== null && amount > 0n && (
            <Amount amount={amount} asset={kind === 'credited' ? stakeToken : asset} />
          )}
        </p>
        {end && <p className="text-[13px] text-muted first-letter:uppercase">{end.text}</p>}
        {evidence && (
          <p className="text-[13px] text-muted">
            evidence <Hash value={evidence} />
          </p>
        )}
        <TxLink tx={tx} className="text-[13px] text-muted" />
      </div>
      <RelativeTime at={at} className="shrink-0 text-[13px] text-muted" />
    </li>
  )
}
