import type { LeaseProof, ProviderProof } from '@tender/api'
import { useAssets } from '../../shared/api/assets.ts'
import { bpsText, countText } from '../../shared/format/number.ts'
import { Amount } from '../../shared/ui/Amount.tsx'
import { type Fact, Facts } from '../../shared/ui/Facts.tsx'
import { Hash } from '../../shared/ui/Hash.tsx'
import { TextLink } from '../../shared/ui/TextLink.tsx'
import { Duration } from '../../shared/ui/Time.tsx'

const proven = 'In the leaf: this is what the proof shows.'
const recomputed = 'Beside the leaf: recomputed from the batches that monitors signed.'

/** What a leaf says in words: what is proven, and what was recomputed beside it. */
export function LeafValues({ proof }: { proof: LeaseProof | ProviderProof }) {
  const leaf = useLeafFacts(proof)
  const beside = 'metric' in proof ? metricFacts(proof) : inputFacts(proof)
  return (
    <div className="grid gap-x-8 gap-y-5 md:grid-cols-2">
      <div>
        <h3 className="mb-2 text-[13px] font-medium text-muted" title={proven}>
          The leaf says
        </h3>
        <Facts facts={leaf} />
      </div>
      {beside.length > 0 && (
        <div>
          <h3 className="mb-2 text-[13px] font-medium text-muted" title={recomputed}>
            What it was computed from
          </h3>
          <Facts facts={beside} />
        </div>
      )}
    </div>
  )
}

function useLeafFacts({ leaf }: LeaseProof | ProviderProof): readonly Fact[] {
  const { stakeToken } = useAssets()
  if (leaf.kind === 'lease')
    return [
      { label: 'Lease', value: <Hash value={leaf.lease} /> },
      {
        label: 'Served in all',
        value: (
          <>
            <Duration seconds={leaf.served} />{' '}
            <span className="font-normal text-muted">({countText(leaf.served)} seconds)</span>
          </>
        ),
      },
      {
        label: 'More',
        value: (
          <TextLink to="/leases/$id" params={{ id: leaf.lease }}>
            the lease
          </TextLink>
        ),
      },
    ]
  return [
    {
      label: 'Provider',
      value: (
        <TextLink to="/providers/$id" params={{ id: leaf.provider }}>
          #{leaf.provider}
        </TextLink>
      ),
    },
    { label: 'Score', value: bpsText(leaf.score) },
    { label: 'Rewards in all', value: <Amount amount={leaf.rewards} asset={stakeToken} /> },
    { label: 'Slashed in all', value: <Amount amount={leaf.slashed} asset={stakeToken} /> },
  ]
}

function metricFacts({ metric }: LeaseProof): readonly Fact[] {
  if (!metric) return []
  const { dueSeconds, servedSeconds, upBps, latencyMs, assigned, seenBy } = metric
  return [
    { label: 'Served in this era', value: `${countText(servedSeconds)} of ${countText(dueSeconds)} s` },
    { label: 'Up', value: upBps === null ? 'too few saw it' : bpsText(upBps) },
    { label: 'Median response', value: latencyMs === null ? 'not measured' : `${countText(latencyMs)} ms` },
    { label: 'Seen by', value: `${seenBy.length} of ${assigned.length} monitors drawn for it` },
  ]
}

function inputFacts({ inputs }: ProviderProof): readonly Fact[] {
  if (!inputs) return []
  return [
    { label: 'Uptime', value: bpsText(inputs.uptimeBps) },
    { label: 'Performance', value: bpsText(inputs.performanceBps) },
    { label: 'Completed', value: bpsText(inputs.completedBps) },
    { label: 'Ratings', value: bpsText(inputs.ratingBps) },
    { label: 'Consistency', value: bpsText(inputs.consistencyBps) },
  ]
}
