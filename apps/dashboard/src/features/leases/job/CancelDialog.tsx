import type { JobDetail } from '@tender/api'
import { useAssets } from '../../../shared/api/assets.ts'
import { useChainNow } from '../../../shared/hooks/useChainNow.ts'
import { Amount } from '../../../shared/ui/Amount.tsx'
import { Facts } from '../../../shared/ui/Facts.tsx'
import { type Acting, useAction } from '../../../shared/wallet/useAction.ts'
import { contractTerms } from './contractTerms.ts'
import { JobDialog } from './JobDialog.tsx'
import { cancelCost, isLate } from './nextStep.ts'

/** Ends a job before its result is there: by its deadline if that has passed, else by the tenant's word. */
export function CancelDialog({ job, onClose }: { job: JobDetail; onClose: () => void }) {
  const { assetOf } = useAssets()
  const now = useChainNow()
  const late = isLate(job, now)
  const cancelling = useAction(async ({ market }: Acting, { lease, terms }: JobDetail) => {
    if (!terms) return
    const { cancelJob, expireJob } = await import('@tender/sdk')
    const end = late ? expireJob : cancelJob
    await end(market, { lease, jobTerms: contractTerms(terms) })
  })
  const asset = assetOf(job.asset)
  const cost = cancelCost(job, now)
  return (
    <JobDialog
      title="Cancel this job?"
      description="Its tasks stop, and what is done of it is not delivered. Other parts of its order go on."
      does="Cancel it"
      danger
      input={job.terms ? job : undefined}
      action={cancelling}
      done="It is cancelled."
      onClose={onClose}
    >
      <Facts
        facts={[
          {
            label: 'Comes back at once',
            value: <Amount amount={job.price - cost} asset={asset} className="text-good" />,
          },
          {
            label: 'To the provider and in fees',
            meaning: late
              ? 'Its deadline has passed: all comes back, and its provider’s stake is penalised.'
              : 'Free until its provider begins; after that what was agreed as the cancel fee.',
            value: <Amount amount={cost} asset={asset} />,
          },
          { label: 'Paid in for verifying, comes back', value: <Amount amount={job.charged} asset={asset} /> },
        ]}
      />
      {!job.terms && <p className="text-[13px] text-muted">Its terms are known here once it begins.</p>}
    </JobDialog>
  )
}
