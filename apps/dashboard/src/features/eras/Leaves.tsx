import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Era, Leaf } from '@tender/api'
import { Leaf as LeafIcon } from 'lucide-react'
import { useAssets } from '../../shared/api/assets.ts'
import { leavesQuery } from '../../shared/api/queries.ts'
import { shortHex } from '../../shared/format/hex.ts'
import { bpsText, countText } from '../../shared/format/number.ts'
import { durationText } from '../../shared/format/time.ts'
import { Amount } from '../../shared/ui/Amount.tsx'
import { Badge } from '../../shared/ui/Badge.tsx'
import { Card } from '../../shared/ui/Card.tsx'
import { EmptyState } from '../../shared/ui/EmptyState.tsx'
import { PagedTable } from '../../shared/ui/PagedTable.tsx'
import type { Column } from '../../shared/ui/Table.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import type { EraSearch } from './search.ts'

const kinds: Readonly<Record<Leaf['kind'], string>> = {
  lease: 'lease',
  credit: 'credit',
  provider: 'provider',
  monitor: 'monitor',
  monitorSlash: 'monitor slash',
  dispute: 'dispute',
}

/** Everything that stands in an era's report. */
export function Leaves({ era, search }: { era: Era; search: EraSearch }) {
  const list = useInfiniteQuery({ ...leavesQuery(era.era), enabled: era.leaves !== null })
  return (
    <Card
      title="What stands in it"
      hint="The leaves of the tree, as this gateway rebuilt it from what monitors published"
      flush
      className="overflow-hidden"
    >
      {era.leaves === null ? (
        <EmptyState icon={LeafIcon} title="The data of this era are not here yet">
          The gateway asks the monitors for them. The report itself is on the chain already.
        </EmptyState>
      ) : (
        <PagedTable
          list={list}
          failed="The leaves could not be read"
          likelyRows={10}
          empty={{ icon: LeafIcon, title: 'An era without leaves', children: 'Nobody sold anything yet.' }}
          caption="Leaves"
          columns={columnsOf(era.era, search)}
          rowKey={(leaf) => String(leaf.index)}
        />
      )}
    </Card>
  )
}

function columnsOf(era: number, search: EraSearch): readonly Column<Leaf>[] {
  return [
    { key: 'index', header: 'Leaf', cell: ({ index }) => <span className="text-muted">{countText(index)}</span> },
    { key: 'kind', header: 'Kind', cell: ({ kind }) => <Badge>{kinds[kind]}</Badge> },
    { key: 'of', header: 'Of', cell: (leaf) => <Subject leaf={leaf} /> },
    { key: 'says', header: 'Says', cell: (leaf) => <Says leaf={leaf} /> },
    { key: 'proof', header: 'Proof', align: 'right', cell: (leaf) => <Prove era={era} leaf={leaf} search={search} /> },
  ]
}

function Subject({ leaf }: { leaf: Leaf }) {
  if (leaf.kind === 'provider' && leaf.provider)
    return (
      <TextLink to="/providers/$id" params={{ id: leaf.provider }}>
        Provider #{leaf.provider}
      </TextLink>
    )
  if (leaf.lease)
    return (
      <Link
        to="/leases/$id"
        params={{ id: leaf.lease }}
        className="font-mono text-[13px] text-accent underline-offset-4 hover:underline"
      >
        {shortHex(leaf.lease)}
      </Link>
    )
  return <span className="font-mono text-[13px]">{leaf.account ? shortHex(leaf.account) : ''}</span>
}

function Says({ leaf }: { leaf: Leaf }) {
  const { assetOf, stakeToken } = useAssets()
  switch (leaf.kind) {
    case 'lease':
      return <>{durationText(leaf.served ?? 0)} served in all</>
    case 'provider':
      return (
        <>
          score {bpsText(leaf.score ?? 0)}, rewards <Amount amount={leaf.amount ?? 0n} asset={stakeToken} />
        </>
      )
    case 'monitor':
      return (
        <>
          rewards <Amount amount={leaf.amount ?? 0n} asset={leaf.asset ? assetOf(leaf.asset) : stakeToken} />
        </>
      )
    case 'credit':
    case 'monitorSlash':
      return (
        <>
          {leaf.kind === 'credit' ? 'owed' : 'slashed'} <Amount amount={leaf.amount ?? 0n} asset={stakeToken} />
        </>
      )
    case 'dispute':
      return <>{leaf.upheld ? 'upheld' : 'rejected'}</>
  }
}

function Prove({ era, leaf, search }: { era: number; leaf: Leaf; search: EraSearch }) {
  const wanted = wantedBy(leaf)
  if (!wanted) return <span className="font-mono text-[13px] text-muted">{shortHex(leaf.hash)}</span>
  const shown = wanted.lease === search.lease && wanted.provider === search.provider
  return (
    <TextLink
      to="/eras/$era"
      params={{ era: String(era) }}
      search={wanted}
      aria-current={shown ? 'true' : undefined}
      className="font-medium"
    >
      {shown ? 'shown above' : 'Prove'}
    </TextLink>
  )
}

function wantedBy({ kind, lease, provider }: Leaf): EraSearch | undefined {
  if (kind === 'lease' && lease) return { lease }
  return kind === 'provider' && provider ? { provider } : undefined
}
