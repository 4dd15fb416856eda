import { reasonText } from '@tender/tenant'
import { Crown, Gavel } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { Denomination } from '../../shared/format/amount.ts'
import { Price } from '../../shared/ui/Amount.tsx'
import { Badge } from '../../shared/ui/Badge.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { Explained } from '../../shared/ui/Explained.tsx'
import { Hash } from '../../shared/ui/Hash.tsx'
import { type Column, Table } from '../../shared/ui/Table.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { type Deployment, type Standing, standingsOf, whyLeads } from './deployment.ts'

/** Bids as they arrive, ranked as the match will; who declined, and why. */
export function AuctionView({ deployment }: { deployment: Deployment }) {
  const { record, asset, choice, answers, step } = deployment
  if (!record || !asset) return null
  const standings = choice ? standingsOf(choice) : []
  const open = step === 'auction' && deployment.error === undefined
  const first = record.placedAtMs
  const receivedAt = (provider: bigint) => answers.find((answer) => answer.provider === provider)?.receivedAtMs
  return (
    <Card
      title="Auction"
      hint={
        <span className="flex flex-wrap items-center gap-x-2">
          Sealed bids, straight from providers to this page. Order <Hash value={record.id} />
        </span>
      }
      flush
      actions={open ? <TimeLeft endsAtMs={deployment.auctionEndsAtMs} /> : <Badge>{answers.length} answered</Badge>}
    >
      {standings.length === 0 ? (
        <EmptyState icon={Gavel} title={open ? 'Waiting for the first bid' : 'No bid came'}>
          {open
            ? 'Providers look at the order, then answer with a price or with a reason why not.'
            : 'Raise max-price, ask for less, or give the auction more time.'}
        </EmptyState>
      ) : (
        <>
          <Table
            caption="Bids, the best first"
            columns={columnsOf(asset, open, (provider) => secondsAfter(first, receivedAt(provider)))}
            rows={standings}
            rowKey={({ bid }) => bid.provider.toString()}
            isNew={({ bid }) => open && Date.now() - (receivedAt(bid.provider) ?? 0) < 2_000}
          />
          {standings[0] && standings[0].rank > 0 && (
            <p className="border-t border-line px-4 py-3 text-[13px] text-muted sm:px-5" aria-live="polite">
              <Crown className="mr-1.5 inline size-4 text-accent" aria-hidden />
              Provider {standings[0].bid.provider.toString()} {open ? 'leads' : 'won'}. {whyLeads(standings)}
            </p>
          )}
        </>
      )}
      <Refusals deployment={deployment} asset={asset} />
    </Card>
  )
}

function secondsAfter(first: number, at: number | undefined): string {
  return at === undefined ? '' : `${((at - first) / 1000).toFixed(1)} s`
}

function columnsOf(asset: Denomination, open: boolean, arrived: (provider: bigint) => string): Column<Standing>[] {
  return [
    {
      key: 'rank',
      header: 'Rank',
      cell: ({ rank, state }) =>
        state === 'disqualified' ? (
          <Badge tone="bad">out</Badge>
        ) : state === 'chosen' ? (
          <Badge tone="accent">{open ? `${rank} leads` : `${rank} won`}</Badge>
        ) : (
          <span className="pl-2 text-muted">{rank}</span>
        ),
    },
    {
      key: 'provider',
      header: 'Provider',
      cell: ({ bid }) => (
        <TextLink to="/providers/$id" params={{ id: bid.provider.toString() }}>
          Provider {bid.provider.toString()}
        </TextLink>
      ),
    },
    {
      key: 'price',
      header: 'Price',
      align: 'right',
      cell: ({ bid }) => <Price amount={bid.offer.price} asset={asset} />,
    },
    {
      key: 'level',
      header: <Explained meaning="Trust level of the provider, 1 (best) to 5 (probation).">Level</Explained>,
      align: 'right',
      from: 'sm',
      cell: ({ bid }) => bid.level,
    },
    {
      key: 'advantage',
      header: (
        <Explained meaning="What the market's rules forgive of the price for the trust level.">Advantage</Explained>
      ),
      align: 'right',
      from: 'sm',
      cell: ({ bid }) => advantageText(bid.offer.price, bid.score),
    },
    {
      key: 'score',
      header: (
        <Explained meaning="Price less the advantage: what is compared. The price itself is what is paid.">
          Counts as
        </Explained>
      ),
      align: 'right',
      from: 'sm',
      cell: ({ bid }) => <Price amount={bid.score} asset={asset} className="font-medium" />,
    },
    {
      key: 'arrived',
      header: 'After',
      align: 'right',
      from: 'md',
      cell: ({ bid }) => <span className="text-muted">{arrived(bid.provider)}</span>,
    },
  ]
}

function advantageText(price: bigint, score: bigint): string {
  if (price === 0n || price === score) return 'none'
  return `− ${Number(((price - score) * 10_000n) / price) / 100} %`
}

function Refusals({ deployment, asset }: { deployment: Deployment; asset: Denomination }) {
  const declined = deployment.answers.flatMap(({ provider, answer }) =>
    answer.type === 'decline' ? [{ provider, reasons: answer.reasons }] : [],
  )
  const out = deployment.choice?.disqualified.map(({ provider, broken }) => ({ provider, reasons: broken })) ?? []
  const refusals = [...declined, ...out]
  if (refusals.length === 0) return null
  // `reasonText` writes amounts only.
  const market = { ...asset, address: '0x' as const, name: asset.symbol }
  return (
    <section aria-label="Who declined" className="border-t border-line px-4 py-3 sm:px-5">
      <h3 className="text-[13px] font-medium">Declined, or does not qualify</h3>
      <ul className="mt-1.5 flex flex-col gap-1 text-[13px]">
        {refusals.map(({ provider, reasons }) => (
          <li key={provider.toString()}>
            <span className="font-medium">Provider {provider.toString()}:</span>{' '}
            <span className="text-muted">{reasons.map((reason) => reasonText(reason, market)).join('; ')}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function TimeLeft({ endsAtMs }: { endsAtMs: number | undefined }) {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 100)
    return () => clearInterval(timer)
  }, [])
  if (endsAtMs === undefined) return null
  const left = Math.max(0, endsAtMs - now)
  return (
    <span role="timer" className="flex items-center gap-2 text-sm font-semibold text-accent">
      {(left / 1000).toFixed(1)} s
    </span>
  )
}
