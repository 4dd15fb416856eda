import type { Provider, Capacity as ProviderCapacity } from '@tender/api'
import { useAssets } from '../../shared/api/assets.ts'
import { countText, shareText } from '../../shared/format/number.ts'
import { Amount, Price } from '../../shared/ui/Amount.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { Meter } from '../../shared/ui/Meter.tsx'
import { type Column, Table } from '../../shared/ui/Table.tsx'
import { RelativeTime } from '../../shared/ui/Time.tsx'
import { TxLink } from '../../shared/ui/TxLink.tsx'
import { priceOf } from './figures.ts'

/** The units that it stands for with its stake, class by class. */
export function Capacity({ provider }: { provider: Provider }) {
  return (
    <Card title="Capacity" hint="Units that it stands for with its stake, and what it asks for one" flush>
      {provider.capacity.length === 0 ? (
        <EmptyState title="It has committed no units">It sells nothing until it does.</EmptyState>
      ) : (
        <Table
          caption="Capacity by class"
          columns={columnsOf(provider)}
          rows={provider.capacity}
          rowKey={(row) => row.class}
        />
      )}
    </Card>
  )
}

function columnsOf(provider: Provider): readonly Column<ProviderCapacity>[] {
  return [
    { key: 'class', header: 'Class', cell: (row) => <code className="text-[13px]">{row.class}</code> },
    {
      key: 'units',
      header: 'Leased',
      cell: (row) => (
        <span className="flex items-center gap-3">
          <Meter
            share={row.committed > 0 ? row.leased / row.committed : 0}
            label="Leased"
            className="hidden w-20 sm:block"
          />
          <TxLink tx={row.tx}>
            {countText(row.leased)} of {countText(row.committed)}
          </TxLink>
          <span className="text-muted">{shareText(row.leased, row.committed)}</span>
        </span>
      ),
    },
    { key: 'price', header: 'Price', align: 'right', cell: (row) => <Asked provider={provider} name={row.class} /> },
    { key: 'stake', header: 'Stake per unit', align: 'right', from: 'sm', cell: (row) => <Stake row={row} /> },
    {
      key: 'until',
      header: 'No lease beyond',
      align: 'right',
      from: 'md',
      cell: (row) => <RelativeTime at={row.until} />,
    },
  ]
}

function Asked({ provider, name }: { provider: Provider; name: string }) {
  const { assetOf } = useAssets()
  const price = priceOf(provider, name)
  if (!price) return <span className="text-muted">unknown</span>
  const amount = <Price amount={price.price} asset={assetOf(price.asset)} />
  return price.tx === null ? (
    <span title="As it says now, signed">{amount}</span>
  ) : (
    <TxLink tx={price.tx}>{amount}</TxLink>
  )
}

function Stake({ row }: { row: ProviderCapacity }) {
  const { stakeToken } = useAssets()
  return <Amount amount={row.stakePerUnit} asset={stakeToken} />
}
