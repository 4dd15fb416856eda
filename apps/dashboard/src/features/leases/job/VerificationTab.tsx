import type { JobDetail } from '@tender/api'
import { useState } from 'react'
import { useAssets } from '../../../shared/api/assets.ts'
import { Amount } from '../../../shared/ui/Amount.tsx'
import { Button } from '../../../shared/ui/Button.tsx'
import { Card } from '../../../shared/ui/Card.tsx'
import { type Fact, Facts } from '../../../shared/ui/Facts.tsx'
import { RelativeTime } from '../../../shared/ui/Time.tsx'
import { TxLink } from '../../../shared/ui/TxLink.tsx'
import { ResultCard } from './ResultCard.tsx'
import { TaskDialog } from './TaskDialog.tsx'
import type { TasksView } from './useTasks.ts'
import { ValidatorsCard } from './ValidatorsCard.tsx'

/** Whether one has to believe the provider: the result against the chain, what was drawn, who judged it, and how. */
export function VerificationTab({ view, own }: { view: TasksView; own: JobDetail }) {
  const [task, setTask] = useState<number>()
  const part = view.parts.find(({ job }) => job.lease === own.lease)
  if (!part) return null
  const { sampled } = part.tasks
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-4">
        <ResultCard part={part} />
        <Card
          title="Run again"
          hint={
            sampled.length > 0
              ? 'Worked out in your browser from the seed of the draw, which nobody knew before'
              : 'Which tasks are run again nobody knows before the result is delivered'
          }
        >
          {sampled.length > 0 ? (
            <ul aria-label="Tasks that are run again" className="flex flex-wrap gap-2">
              {sampled.map((each) => (
                <li key={each}>
                  <Button size="small" onClick={() => setTask(each)}>
                    Task {each}
                    {own.challenge?.tasks.includes(each) && ', challenged'}
                  </Button>
                </li>
              ))}
            </ul>
          ) : (
            <p className="text-sm text-muted">A block that is mined after it draws them.</p>
          )}
        </Card>
        {(own.challenge || own.split) && <Disputed job={own} />}
      </div>
      <ValidatorsCard job={own} />
      {task !== undefined && (
        <TaskDialog view={view} task={task} tasks={sampled} onTask={setTask} onClose={() => setTask(undefined)} />
      )}
    </div>
  )
}

/** A challenge, and a price that was split: each with what it meant. */
function Disputed({ job }: { job: JobDetail }) {
  const { assetOf } = useAssets()
  const { challenge, split, terms } = job
  const facts: Fact[] = []
  if (challenge) {
    facts.push(
      {
        label: 'Challenged',
        value: (
          <TxLink tx={challenge.tx}>
            <RelativeTime at={challenge.at} />
          </TxLink>
        ),
      },
      { label: 'Tasks', value: challenge.tasks.join(', ') },
    )
    if (terms) {
      facts.push({
        label: 'Bond',
        meaning: 'It comes back if the validators find the result wrong; else they share it.',
        value: <Amount amount={terms.verifyFee} asset={assetOf(job.asset)} />,
      })
    }
  }
  if (split) {
    facts.push({
      label: 'Split without a verdict',
      meaning: 'No set of validators decided in time.',
      value: <TxLink tx={split.tx}>{split.providerBps / 100} % to the provider</TxLink>,
    })
  }
  return (
    <Card title={challenge ? 'Challenge' : 'Split'}>
      <Facts facts={facts} />
    </Card>
  )
}
