import { countText } from '../../../shared/format/number.ts'
import { cn } from '../../../shared/ui/cn.ts'
import { cellLooks, SampleMark } from './TaskGrid.tsx'
import { stateWords, type TaskCounts, type TaskState } from './taskStates.ts'

const states = ['waits', 'runs', 'done', 'failed', 'unknown'] as const satisfies readonly TaskState[]

/** What the cells' looks mean, and how many there are of each. */
export function Legend({ counts }: { counts: TaskCounts }) {
  return (
    <ul aria-label="Tasks by state" className="flex flex-wrap gap-x-5 gap-y-2 text-[13px] text-muted">
      {states
        .filter((state) => counts[state] > 0)
        .map((state) => (
          <li key={state} className="flex items-center gap-2">
            <span aria-hidden className={cn('size-4 rounded border', cellLooks[state])} />
            <span>
              <span className="font-medium text-ink">{countText(counts[state])}</span> {stateWords[state]}
            </span>
          </li>
        ))}
      {counts.sampled > 0 && (
        <li className="flex items-center gap-2">
          <span aria-hidden className="relative size-4 rounded border border-accent ring-1 ring-accent">
            <SampleMark small />
          </span>
          <span>
            <span className="font-medium text-ink">{countText(counts.sampled)}</span> run again by validators
          </span>
        </li>
      )}
    </ul>
  )
}
