import { useQuery } from '@tanstack/react-query'
import { useParams, useSearch } from '@tanstack/react-router'
import type { Era } from '@tender/api'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { eraQuery } from '../../shared/api/queries.ts'
import { countText, shareText } from '../../shared/format/number.ts'
import { ButtonLink } from '../../shared/ui/ButtonLink.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EraStateBadge } from '../../shared/ui/EraStateBadge.tsx'
import { ErrorState } from '../../shared/ui/ErrorState.tsx'
import { Facts } from '../../shared/ui/Facts.tsx'
import { Hash } from '../../shared/ui/Hash.tsx'
import { Page } from '../../shared/ui/Page.tsx'
import { Skeleton } from '../../shared/ui/Skeleton.tsx'
import { Duration } from '../../shared/ui/Time.tsx'
import { TxLink } from '../../shared/ui/TxLink.tsx'
import { EraTimeline } from './EraTimeline.tsx'
import { Leaves } from './Leaves.tsx'
import { ProofCard } from './ProofCard.tsx'
import { ProofSearch } from './ProofSearch.tsx'
import { Signers } from './Signers.tsx'

/** One era: its report, who signed it, what stands in it, and the proof of any of it. */
export function EraPage() {
  const params = useParams({ from: '/eras/$era' })
  const number = Number(params.era)
  const { data, error, refetch } = useQuery(eraQuery(number))
  const title = `Era ${Number.isSafeInteger(number) ? countText(number) : params.era}`
  return (
    <Page
      title={title}
      badge={
        data && (
          <span className="text-sm font-normal">
            <EraStateBadge state={data.state} />
          </span>
        )
      }
      lead={data && meaning[data.state]}
      actions={
        <>
          <ButtonLink to="/eras/$era" params={{ era: String(number - 1) }} disabled={!(number > 1)}>
            <ChevronLeft aria-hidden /> Before
          </ButtonLink>
          <ButtonLink to="/eras/$era" params={{ era: String(number + 1) }}>
            After <ChevronRight aria-hidden />
          </ButtonLink>
        </>
      }
    >
      {error && !data ? (
        <Card>
          <ErrorState
            error={error}
            title={`${title} could not be shown`}
            retry={() => void refetch()}
            actions={
              <ButtonLink to="/eras" size="small">
                All eras
              </ButtonLink>
            }
          />
        </Card>
      ) : data ? (
        <Content era={data} />
      ) : (
        <div role="status" aria-label="Loading" className="flex flex-col gap-5">
          <Skeleton className="h-28 w-full rounded-xl" />
          <Skeleton className="h-96 w-full rounded-xl" />
        </div>
      )}
    </Page>
  )
}

const meaning: Readonly<Record<Era['state'], string>> = {
  pending: 'Posted, and not in effect yet: until then governance may veto it.',
  effective: 'In effect for good: leases are paid, and scores proven, by this report.',
  vetoed: 'Governance vetoed it: it counts for nothing, and the era is reported anew.',
}

function Content({ era }: { era: Era }) {
  const search = useSearch({ from: '/eras/$era' })
  const wanted = search.lease ?? search.provider
  return (
    <>
      <EraTimeline era={era} />
      <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,1fr)_26rem]">
        <div className="flex min-w-0 flex-col gap-5">
          {wanted !== undefined && <ProofCard key={wanted} era={era} search={search} />}
          <Leaves era={era} search={search} />
        </div>
        <div className="flex min-w-0 flex-col gap-5">
          <Report era={era} />
          <Signers era={era} />
          <ProofSearch newest={era.era} />
        </div>
      </div>
    </>
  )
}

function Report({ era }: { era: Era }) {
  return (
    <Card title="Report">
      <Facts
        facts={[
          {
            label: 'Root',
            meaning: 'One hash over every leaf of the era. Whoever knows it can check any of them.',
            value: (
              <span className="flex items-center gap-2">
                <Hash value={era.root} />
                <TxLink tx={era.tx}>posted</TxLink>
              </span>
            ),
          },
          {
            label: 'Data',
            meaning: 'Hash of everything that the root was computed from. Monitors hand it out to whoever asks.',
            value: <Hash value={era.dataHash} />,
          },
          { label: 'Length', value: <Duration seconds={era.coveredUntil - era.from} /> },
          { label: 'Leaves', value: era.leaves ? countText(era.leaves.total) : 'data not here yet' },
          {
            label: 'Signed weight',
            value: `${countText(era.signedWeight)} of ${countText(era.totalWeight)} (${shareText(era.signedWeight, era.totalWeight)})`,
          },
          { label: 'Attempt', meaning: 'Raised by a veto.', value: countText(era.attempt) },
          {
            label: 'Round',
            meaning: 'Raised when a leader was silent and another took over.',
            value: countText(era.round),
          },
        ]}
      />
    </Card>
  )
}
