import type { JobDetail } from '@tender/api'
import { useState } from 'react'
import { useAssets } from '../../../shared/api/assets.ts'
import { Amount } from '../../../shared/ui/Amount.tsx'
import { Facts } from '../../../shared/ui/Facts.tsx'
import { Field, inputLook } from '../../../shared/ui/Field.tsx'
import { Countdown } from '../../../shared/ui/Time.tsx'
import { type Acting, useAction } from '../../../shared/wallet/useAction.ts'
import { contractTerms } from './contractTerms.ts'
import { JobDialog } from './JobDialog.tsx'
import { MOST_CHALLENGED, taskNumbers } from './taskNumbers.ts'
import type { TasksView } from './useTasks.ts'

type Challenge = { job: JobDetail; tasks: readonly number[] }

/** Has validators run tasks again that the tenant names. */
export function ChallengeDialog({ job, view, onClose }: { job: JobDetail; view: TasksView; onClose: () => void }) {
  const { assetOf } = useAssets()
  const [written, setWritten] = useState('')
  const challenging = useAction(async ({ market }: Acting, { job: { lease, terms }, tasks }: Challenge) => {
    if (!terms) return
    const { challengeJob } = await import('@tender/sdk')
    await challengeJob(market, { lease, jobTerms: contractTerms(terms), tasks })
  })
  const { states } = view
  const read = taskNumbers(written, (task) => task < states.count && states.partOf(task)?.leaseId === job.lease)
  const error = written !== '' && 'error' in read ? read.error : undefined
  return (
    <JobDialog
      title="Challenge the result?"
      description="The validators run the tasks again that you name, beside those that the draw chose. Once for each part."
      does="Challenge it"
      input={job.terms && 'tasks' in read ? { job, tasks: read.tasks } : undefined}
      action={challenging}
      done="Its validators look at those tasks too."
      onClose={onClose}
    >
      <Field label="Tasks" hint={`1 to ${MOST_CHALLENGED} numbers of this part, such as 3, 17`} error={error}>
        {(input) => (
          <input
            {...input}
            inputMode="numeric"
            className={inputLook}
            value={written}
            onChange={(event) => setWritten(event.target.value)}
          />
        )}
      </Field>
      <Facts
        facts={[
          {
            label: 'Bond, taken from your balance',
            meaning: 'As large as the verify fee.',
            value: job.terms ? <Amount amount={job.terms.verifyFee} asset={assetOf(job.asset)} /> : '…',
          },
          { label: 'If they find it wrong', value: 'the bond and the price come back' },
          { label: 'If they find it right', value: 'they share the bond' },
          ...(job.challengeUntil ? [{ label: 'Possible for', value: <Countdown until={job.challengeUntil} /> }] : []),
        ]}
      />
    </JobDialog>
  )
}
