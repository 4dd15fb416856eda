import type { ProviderEra } from '@tender/api'
import { useState } from 'react'
import { useAssets } from '../../shared/api/assets.ts'
import { bpsText, countText } from '../../shared/format/number.ts'
import { Amount } from '../../shared/ui/Amount.tsx'
import { Button } from '../../shared/ui/Button.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { LevelBadge } from '../../shared/ui/LevelBadge.tsx'
import { SkeletonRows } from '../../shared/ui/Skeleton.tsx'
import { type Column, Table } from '../../shared/ui/Table.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'

const STEP = 8

/** What each report said of it; every line leads to its proof. */
export function EraHistory({ id, eras }: { id: string; eras: readonly ProviderEra[] | undefined }) {
  const [shown, setShown] = useState(STEP)
  return (
    <Card title="Eras" hint="What the reports say of it; each era leads to the proof" flush>
      {!eras ? (
        <SkeletonRows rows={STEP} />
      ) : eras.length === 0 ? (
        <EmptyState title="No report speaks of it yet">Reports follow when an era is over.</EmptyState>
      ) : (
        <>
          <Table
            caption="What the reports say of this provider"
            columns={columnsOf(id)}
            rows={eras.slice(0, shown)}
            rowKey={(row) => String(row.era)}
          />
          {eras.length > shown && (
            <div className="border-t border-line p-2 text-center">
              <Button look="quiet" size="small" onClick={() => setShown((count) => count + 2 * STEP)}>
                Show more
              </Button>
            </div>
          )}
        </>
      )}
    </Card>
  )
}

function columnsOf(id: string): readonly Column<ProviderEra>[] {
  return [
    {
      key: 'era',
      header: 'Era',
      cell: (row) => (
        <TextLink to="/eras/$era" params={{ era: String(row.era) }} search={{ provider: id }}>
          {countText(row.era)}
        </TextLink>
      ),
    },
    { key: 'score', header: 'Score', align: 'right', cell: (row) => bpsText(row.score) },
    { key: 'level', header: 'Proves', cell: (row) => <LevelBadge level={row.level} /> },
    {
      key: 'uptime',
      header: 'Uptime',
      align: 'right',
      from: 'sm',
      cell: (row) => (row.inputs ? bpsText(row.inputs.uptimeBps) : <span className="text-muted">not seen</span>),
    },
    { key: 'rewards', header: 'Rewards', align: 'right', cell: (row) => <InEra amount={row.eraRewards} /> },
    { key: 'slashed', header: 'Slashed', align: 'right', from: 'sm', cell: (row) => <InEra amount={row.eraSlashed} /> },
  ]
}

function InEra({ amount }: { amount: bigint }) {
  const { stakeToken } = useAssets()
  return amount === 0n ? <span className="text-muted">none</span> : <Amount amount={amount} asset={stakeToken} />
}
