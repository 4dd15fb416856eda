import { useInfiniteQuery } from '@tanstack/react-query'
import type { Movement } from '@tender/api'
import { ArrowLeftRight, Download } from 'lucide-react'
import { movementsQuery, useMarket } from '../../shared/api/queries.ts'
import { shortHex } from '../../shared/format/hex.ts'
import { Amount } from '../../shared/ui/Amount.tsx'
import { buttonLook } from '../../shared/ui/Button.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { cn } from '../../shared/ui/cn.ts'
import { PagedTable } from '../../shared/ui/PagedTable.tsx'
import type { Column } from '../../shared/ui/Table.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { RelativeTime } from '../../shared/ui/Time.tsx'
import { TxLink } from '../../shared/ui/TxLink.tsx'
import { movementWords } from './words.ts'

/** Every movement of an account's money and stake, each with its transaction. */
export function History({ address }: { address: string }) {
  const { data: market } = useMarket()
  const movements = useInfiniteQuery(movementsQuery(address))
  const isEmpty = !movements.data?.pages.some((page) => page.items.length > 0)
  const assets = market ? [...market.assets, market.stakeToken] : []
  return (
    <Card
      title="History"
      hint="Every movement of money and stake, with the transaction that made it"
      flush
      actions={
        !isEmpty && (
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
      <PagedTable
        list={movements}
        failed="The history could not be read"
        likelyRows={5}
        empty={{
          icon: ArrowLeftRight,
          title: 'Nothing has moved yet',
          children: 'Deposits, leases and what comes back from them will stand here.',
        }}
        caption="Movements"
        columns={columnsOf(assets)}
        rowKey={({ tx, logIndex }) => `${tx}${logIndex}`}
      />
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
