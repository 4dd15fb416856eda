import type { JobDetail } from '@tender/api'
import { useAssets } from '../../../shared/api/assets.ts'
import { Amount } from '../../../shared/ui/Amount.tsx'
import { Facts } from '../../../shared/ui/Facts.tsx'
import { type Acting, useAction } from '../../../shared/wallet/useAction.ts'
import { contractTerms } from './contractTerms.ts'
import { JobDialog } from './JobDialog.tsx'

/** Pays for a result as it is, without a verdict. */
export function AcceptDialog({ job, onClose }: { job: JobDetail; onClose: () => void }) {
  const { assetOf } = useAssets()
  const accepting = useAction(async ({ market }: Acting, { lease, terms }: JobDetail) => {
    if (!terms) return
    const { acceptJob } = await import('@tender/sdk')
    await acceptJob(market, { lease, jobTerms: contractTerms(terms) })
  })
  const asset = assetOf(job.asset)
  const drawn = job.state === 'drawn' || job.state === 'redrawn'
  return (
    <JobDialog
      title="Pay for the result as it is?"
      description="Its provider is paid at once. Nobody looks at it after that, and it cannot be taken back."
      does="Pay for it"
      input={job.terms ? job : undefined}
      action={accepting}
      done="It is paid."
      onClose={onClose}
    >
      <Facts
        facts={[
          { label: 'To the provider and in fees', value: <Amount amount={job.price} asset={asset} /> },
          {
            label: 'Paid in for verifying',
            value: (
              <>
                <Amount amount={job.charged} asset={asset} />{' '}
                {drawn ? 'goes to the validators who were drawn' : 'comes back to you'}
              </>
            ),
          },
        ]}
      />
    </JobDialog>
  )
}
