import { useInfiniteQuery } from '@tanstack/react-query'
import type { Era } from '@tender/api'
import { ShieldCheck } from 'lucide-react'
import { erasQuery, useMarket } from '../../shared/api/queries.ts'
import { countText, shareText } from '../../shared/format/number.ts'
import { durationText } from '../../shared/format/time.ts'
import { Card } from '../../shared/ui/Card.tsx'
import { EraStateBadge } from '../../shared/ui/EraStateBadge.tsx'
import { Meter } from '../../shared/ui/Meter.tsx'
import { Page } from '../../shared/ui/Page.tsx'
import { PagedTable } from '../../shared/ui/PagedTable.tsx'
import type { Column } from '../../shared/ui/Table.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { DateTime, RelativeTime } from '../../shared/ui/Time.tsx'
import { TxLink } from '../../shared/ui/TxLink.tsx'
import { MonitorsCard } from './MonitorsCard.tsx'
import { ProofSearch } from './ProofSearch.tsx'

const columns: readonly Column<Era>[] = [
  {
    key: 'era',
    header: 'Era',
    cell: ({ era }) => (
      <TextLink to="/eras/$era" params={{ era: String(era) }} className="font-medium">
        {countText(era)}
      </TextLink>
    ),
  },
  { key: 'state', header: 'State', cell: ({ state }) => <EraStateBadge state={state} /> },
  {
    key: 'until',
    header: 'Covers until',
    className: 'hidden 2xl:table-cell',
    cell: (era) => (
      <span title={`${durationText(era.coveredUntil - era.from)} long`}>
        <DateTime at={era.coveredUntil} />
      </span>
    ),
  },
  {
    key: 'posted',
    header: 'Posted',
    cell: (era) => (
      <TxLink tx={era.tx}>
        <RelativeTime at={era.postedAt} />
      </TxLink>
    ),
  },
  {
    key: 'signers',
    header: 'Signed weight',
    cell: (era) => (
      <span className="flex items-center gap-3">
        <Meter
          share={era.totalWeight > 0 ? era.signedWeight / era.totalWeight : 0}
          label="Signed weight"
          tone="good"
          className="hidden w-20 sm:block"
        />
        {shareText(era.signedWeight, era.totalWeight)}
        <span className="hidden text-muted 2xl:inline">{era.signers.length} monitors</span>
      </span>
    ),
  },
  {
    key: 'leaves',
    header: 'Leaves',
    align: 'right',
    from: 'sm',
    cell: ({ leaves }) => (leaves ? countText(leaves.total) : <span className="text-muted">not here yet</span>),
  },
]

/** Every era's report, and a way to the proof of any lease or provider. */
export function ErasPage() {
  const { data: market } = useMarket()
  const list = useInfiniteQuery(erasQuery)
  const eras = list.data?.pages.flatMap((page) => page.items)
  const newest = eras?.find((era) => era.state !== 'vetoed' && era.leaves !== null)
  return (
    <Page
      title="Eras and proofs"
      lead="Era by era, monitors agree on what every lease was served and sign one root over it. Any number in it can be proven, here, by your own browser."
    >
      <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,1fr)_26rem]">
        <Card
          title="Reports"
          hint="More than two thirds of the monitors’ stake must sign"
          flush
          className="overflow-hidden"
        >
          <PagedTable
            list={list}
            failed="The reports could not be read"
            likelyRows={12}
            empty={{
              icon: ShieldCheck,
              title: market?.eras === null ? 'This market has no monitors' : 'No report yet',
              children: market?.eras
                ? `The first one follows when the first era of ${durationText(market.eras.eraSeconds)} is over and its monitors agree.`
                : 'Leases here are paid by time, and nobody reports.',
            }}
            caption="Reports"
            columns={columns}
            rowKey={(era) => String(era.era)}
          />
        </Card>
        <div className="flex min-w-0 flex-col gap-5">
          <ProofSearch newest={newest?.era} />
          <MonitorsCard />
        </div>
      </div>
    </Page>
  )
}
