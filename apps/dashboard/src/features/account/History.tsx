import { useInfiniteQuery } from '@tanstack/react-query'
import type { Movement } from '@tender/api'
import { ArrowLeftRight, Download } from 'lucide-react'
import { movementsQuery, useMarket } from '../../shared/api/queries.ts'
import { shortHex } from '../../shared/format/hex.ts'
import { Amount } from '../../shared/ui/Amount.tsx'
import { buttonLook } from '../../shared/ui/Button.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { cn } from '../../shared/ui/cn.ts'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { LoadMore } from '../../shared/ui/LoadMore.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'
import { type Column, Table } from '../../shared/ui/Table.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { RelativeTime } from '../../shared/ui/Time.tsx'
import { TxLink } from '../../shared/ui/TxLink.tsx'
import { movementWords } from './words.ts'

/** Every movement of an account's money and stake, each with its transaction. */
export function History({ address }: { address: string }) {
  const { data: market } = useMarket()
  const movements = useInfiniteQuery(movementsQuery(address))
  const rows = movements.data?.pages.flatMap((page) => page.items)
  const assets = market ? [...market.assets, market.stakeToken] : []
  return (
    <Card
      title="History"
      hint="Every movement of money and stake, with the transaction that made it"
      flush
      actions={
        rows &&
        rows.length > 0 && (
          <a
            className={cn(buttonLook({ size: 'small' }))}
            href={`/v1/accounts/${address}/history?format=csv`}
            download={`tender-${shortHex(address)}.csv`}
          >
            <Download aria-hidden /> CSV
          </a>
        )
      }
    >
      {movements.isError ? (
        <ErrorState
          title="The history could not be read"
          error={movements.error}
          retry={() => void movements.refetch()}
        />
      ) : !rows ? (
        <SkeletonRows rows={5} />
      ) : rows.length === 0 ? (
        <EmptyState icon={ArrowLeftRight} title="Nothing has moved yet">
          Deposits, leases and what comes back from them will stand here.
        </EmptyState>
      ) : (
        <>
          <Table
            caption="Movements"
            columns={columnsOf(assets)}
            rows={rows}
            rowKey={({ tx, logIndex }) => `${tx}${logIndex}`}
          />
          <LoadMore {...movements} />
        </>
      )}
    </Card>
  )
}

type Known = readonly { address: string; symbol: string; decimals: number }[]

function columnsOf(assets: Known): Column<Movement>[] {
  return [
    { key: 'when', header: 'When', cell: ({ at }) => <RelativeTime at={at} className="text-muted" /> },
    { key: 'what', header: 'What', cell: ({ kind }) => movementWords[kind] },
    {
      key: 'amount',
      header: 'Amount',
      align: 'right',
      cell: ({ amount, asset }) => {
        const known = assets.find((one) => one.address === asset)
        const tone = cn('font-medium', amount > 0n && 'text-good')
        return known ? <Amount amount={amount} asset={known} className={tone} /> : amount.toString()
      },
    },
    {
      key: 'lease',
      header: 'Lease',
      from: 'md',
      cell: ({ lease }) =>
        lease ? (
          <TextLink to="/leases/$id" params={{ id: lease }} className="font-mono text-[13px]">
            {shortHex(lease)}
          </TextLink>
        ) : (
          <span className="text-muted">–</span>
        ),
    },
    { key: 'tx', header: 'Transaction', cell: ({ tx }) => <TxLink tx={tx} /> },
  ]
}
