import { useQuery } from '@tanstack/react-query'
import { formatDuration, toSmallestUnits } from '@tender/protocol'
import { Gavel } from 'lucide-react'
import { classesQuery, depthQuery, useMarket } from '../../shared/api/queries.ts'
import { unitsOf } from '../../shared/compose/needs.ts'
import { countText } from '../../shared/format/number.ts'
import { Amount, Price } from '../../shared/ui/Amount.tsx'
import { Button } from '../../shared/ui/Button.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { type Fact, Facts } from '../../shared/ui/Facts.tsx'
import { Select } from '../../shared/ui/Select.tsx'
import { Skeleton } from '../../shared/ui/Skeleton.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { ConnectButton } from '../../shared/wallet/AccountButton.tsx'
import { ActionStatus } from '../../shared/wallet/ActionStatus.tsx'
import { isBusy } from '../../shared/wallet/actionState.ts'
import { useBalances } from '../../shared/wallet/useBalances.ts'
import { useDeposit } from '../../shared/wallet/useDeposit.ts'
import { useWallet } from '../../shared/wallet/useWallet.ts'
import { type Estimate, estimateCost } from './estimate.ts'
import type { Draft } from './useDraft.ts'

const windows = [
  { value: '5', label: '5 seconds' },
  { value: '10', label: '10 seconds' },
  { value: '30', label: '30 seconds' },
  { value: '120', label: '2 minutes' },
] as const
export type AuctionWindow = (typeof windows)[number]['value']

export type OrderCardProps = {
  draft: Draft
  auction: AuctionWindow
  onAuction: (auction: AuctionWindow) => void
  onOrder: () => void
}

/** What the order will cost, from the live book, what is there to pay it with, and the way to place it. */
export function OrderCard({ draft, auction, onAuction, onOrder }: OrderCardProps) {
  const { read, files, missing } = draft
  const { data: market } = useMarket()
  const classes = useQuery(classesQuery)
  const { parsed } = read
  const asset = market?.assets.find(({ symbol }) => symbol === parsed?.tender.maxPrice.symbol)
  const depth = useQuery({
    ...depthQuery(parsed?.tender.resource ?? 'cu', asset?.address ?? ''),
    enabled: parsed !== undefined && asset !== undefined,
  })
  if (!parsed) {
    return (
      <Card title="Cost">
        <p className="text-[13px] text-muted">
          The file has {read.issues.length === 1 ? 'a mistake' : `${read.issues.length} mistakes`}: mend it to see what
          it costs.
        </p>
        <ul className="mt-3 flex flex-col gap-1.5 text-[13px]">
          {read.issues.slice(0, 5).map((issue) => (
            <li key={`${issue.line} ${issue.message}`}>
              <span className="text-bad">Line {issue.line ?? 1}:</span> {issue.path && <code>{issue.path}</code>}{' '}
              {issue.message}
            </li>
          ))}
        </ul>
      </Card>
    )
  }
  const { tender } = parsed
  if (market && !asset) {
    return (
      <Card title="Cost">
        <p className="text-[13px]">
          This market does not take {tender.maxPrice.symbol}. Name max-price in one of:{' '}
          {market.assets.map(({ symbol }) => symbol).join(', ')}.
        </p>
      </Card>
    )
  }
  const price = classes.data?.items
    .find(({ name }) => name === tender.resource)
    ?.prices.find((one) => one.asset === asset?.address)
  const units = unitsOf(parsed, files)
  const maxPrice = asset && smallestUnits(tender.maxPrice, asset)
  const estimate =
    maxPrice === undefined
      ? undefined
      : estimateCost({
          maxPrice,
          units,
          replicas: tender.replicas,
          durationSeconds: tender.durationSeconds,
          reference: price?.reference,
          depth: depth.data,
        })
  if (!asset || !estimate || maxPrice === undefined) {
    return (
      <Card title="Cost">
        <Skeleton className="h-40 w-full" />
      </Card>
    )
  }
  const facts: Fact[] = [
    {
      label: 'Takes',
      value: `${units} ${tender.resource} × ${formatDuration(tender.durationSeconds)}${tender.replicas > 1 ? ` × ${tender.replicas}` : ''}`,
    },
    { label: 'Highest price', value: <Price amount={maxPrice} asset={asset} /> },
    {
      label: 'Reference price',
      meaning: 'Median price of the latest matches of this class, from the chain.',
      value: price ? (
        <TextLink to="/">
          <Price amount={price.reference} asset={asset} />
        </TextLink>
      ) : (
        <span className="text-muted">nothing matched yet</span>
      ),
    },
    {
      label: 'Supply for it',
      meaning: 'Free units that providers announce at your highest price or below.',
      value: `${counted(estimate.freeUnits, 'unit')} of ${counted(estimate.providers, 'provider')}`,
    },
    {
      label: 'Open competition',
      meaning: 'Units that other open orders of this class ask for now.',
      value: `${counted(estimate.competingUnits, 'unit')} in ${counted(estimate.competingOrders, 'order')}`,
    },
  ]
  return (
    <Card title="Cost" hint="From the live book; nothing is signed yet">
      <Expected estimate={estimate} asset={asset} />
      <Facts facts={facts} className="mt-4" />
      {estimate.belowReference && (
        <p className="mt-3 rounded-lg bg-warn-soft px-3 py-2 text-[13px] text-warn">
          Your highest price is below the reference price: few providers may bid.
        </p>
      )}
      <Funds
        asset={asset}
        most={estimate.most}
        missing={missing.length}
        auction={auction}
        onAuction={onAuction}
        onOrder={onOrder}
      />
    </Card>
  )
}

/** `1 order`, `2 orders`. */
function counted(count: number, what: string): string {
  return `${countText(count)} ${what}${count === 1 ? '' : 's'}`
}

function smallestUnits(price: Parameters<typeof toSmallestUnits>[0], asset: Parameters<typeof toSmallestUnits>[1]) {
  try {
    return toSmallestUnits(price, asset)
  } catch {
    // More decimals than the asset has: the order says so itself when it is built.
    return undefined
  }
}

type Known = { address: `0x${string}`; symbol: string; decimals: number }

function Expected({ estimate, asset }: { estimate: Estimate; asset: Known }) {
  return (
    <div className="grid grid-cols-2 gap-4">
      <div>
        <p className="text-[13px] text-muted">Costs at most</p>
        <p className="text-xl leading-7 font-semibold">
          <Amount amount={estimate.most} asset={asset} />
        </p>
        <p className="text-[13px] text-muted">locked at the match, unused comes back</p>
      </div>
      <div>
        <p className="text-[13px] text-muted">
          {estimate.usual === undefined ? 'At the lowest offers' : 'At the reference price'}
        </p>
        <p className="text-xl leading-7 font-semibold">
          {estimate.usual !== undefined ? (
            <Amount amount={estimate.usual} asset={asset} />
          ) : estimate.cheapest !== undefined ? (
            <Amount amount={estimate.cheapest} asset={asset} />
          ) : (
            <span className="text-muted">unknown</span>
          )}
        </p>
        {estimate.usual !== undefined && estimate.cheapest !== undefined && (
          <p className="text-[13px] text-muted">
            lowest offers <Amount amount={estimate.cheapest} asset={asset} />
          </p>
        )}
      </div>
    </div>
  )
}

type FundsProps = Omit<OrderCardProps, 'draft'> & { asset: Known; most: bigint; missing: number }

function Funds({ asset, most, missing, auction, onAuction, onOrder }: FundsProps) {
  const { connection } = useWallet()
  const { data: balances } = useBalances()
  const depositing = useDeposit()
  if (!connection) {
    return (
      <div className="mt-4 flex flex-col gap-2 border-t border-line pt-4">
        <ConnectButton className="w-full" size="large">
          Connect to order
        </ConnectButton>
      </div>
    )
  }
  const balance = balances?.find((one) => one.asset.address === asset.address)
  const short = balance && balance.deposited < most ? most - balance.deposited : 0n
  return (
    <div className="mt-4 flex flex-col gap-3 border-t border-line pt-4">
      <Facts
        facts={[
          {
            label: 'In your account',
            value: balance ? <Amount amount={balance.deposited} asset={asset} /> : <Skeleton />,
          },
        ]}
      />
      {short > 0n && balance && <Short short={short} wallet={balance.wallet} asset={asset} depositing={depositing} />}
      <ActionStatus state={depositing.state} done="Deposited." />
      <div className="flex items-center justify-between gap-3 text-[13px]">
        <span className="text-muted">Takes bids for</span>
        <Select aria-label="How long bids are taken" value={auction} options={windows} onValueChange={onAuction} />
      </div>
      <Button look="primary" size="large" disabled={!balance || short > 0n || missing > 0} onClick={onOrder}>
        <Gavel aria-hidden /> Sign the order, take bids
      </Button>
      <p className="text-[13px] text-muted">
        {missing > 0
          ? `${missing === 1 ? 'One thing that travels with it is' : `${missing} things that travel with it are`} missing: see below the file.`
          : 'Two signatures: the order, which is free and only asks for prices, then the match, a transaction that opens the lease with the best bid.'}
      </p>
    </div>
  )
}

type ShortProps = { short: bigint; wallet: bigint; asset: Known; depositing: ReturnType<typeof useDeposit> }

function Short({ short, wallet, asset, depositing }: ShortProps) {
  return (
    <div className="flex flex-col gap-2 rounded-lg bg-warn-soft px-3 py-2.5 text-[13px]">
      <p>
        <Amount amount={short} asset={asset} className="font-medium" /> are missing.
        {wallet < short && (
          <>
            {' '}
            Your wallet has <Amount amount={wallet} asset={asset} />: get more first, or ask for less.
          </>
        )}
      </p>
      {wallet >= short && (
        <Button
          size="small"
          busy={isBusy(depositing.state)}
          onClick={() => void depositing.run({ asset: asset.address, amount: short })}
        >
          Deposit <Amount amount={short} asset={asset} />
        </Button>
      )}
    </div>
  )
}
