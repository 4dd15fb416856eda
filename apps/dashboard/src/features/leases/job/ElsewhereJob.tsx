import { Elsewhere } from '../Elsewhere.tsx'
import type { TasksView } from './useTasks.ts'

/** What is not seen of a job that was ordered elsewhere, and the way to change that: for all leases of its order at once. */
export function ElsewhereJob({ view }: { view: TasksView }) {
  const missing = view.parts.filter(({ reach }) => reach === null)
  if (missing.length === 0) return null
  const waiting = missing.some(({ job }) => job.state === 'opened')
  return (
    <Elsewhere
      leases={missing.map(({ job }) => job.lease)}
      wait={waiting ? 'Wait until it runs: its provider still takes the files from where it was ordered.' : undefined}
    >
      <p className="text-muted">
        The key that its provider answers to is where it was ordered: with the command line, or in another browser. What
        is on the chain is shown here, and you can accept, challenge and cancel.
      </p>
      <p className="text-muted">
        To see its tasks, their outputs and logs, sign that a key of this browser speaks for it. That key can never move
        money. Where it was ordered, the command goes on, and gets the outputs once the result is delivered. Finding the
        provider may take a minute.
      </p>
    </Elsewhere>
  )
}
