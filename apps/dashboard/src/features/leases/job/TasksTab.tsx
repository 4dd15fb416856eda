import type { JobDetail } from '@tender/api'
import { LayoutGrid } from 'lucide-react'
import { useMemo, useState } from 'react'
import { describeError } from '../../../shared/api/describeError.ts'
import { countText } from '../../../shared/format/number.ts'
import { Badge } from '../../../shared/ui/Badge.tsx'
import { Card } from '../../../shared/ui/Card.tsx'
import { EmptyState } from '../../../shared/ui/EmptyState.tsx'
import { Segmented } from '../../../shared/ui/Segmented.tsx'
import { type Scope, scopeOptions, tasksIn } from './scope.ts'
import { TaskDialog } from './TaskDialog.tsx'
import { TaskGrid } from './TaskGrid.tsx'
import { Legend } from './TaskLegend.tsx'
import { TaskPages } from './TaskPages.tsx'
import { countStates, pagesOf, type TaskCounts } from './taskStates.ts'
import type { TasksView } from './useTasks.ts'

/** All tasks as cells that fill up; each opens what is known of it. */
export function TasksTab({ view, own }: { view: TasksView; own: JobDetail }) {
  const { parts, states } = view
  const [scope, setScope] = useState<Scope>('order')
  const [page, setPage] = useState(0)
  const [task, setTask] = useState<number>()
  const tasks = useMemo(() => tasksIn(scope, states.count, parts.length, own.index), [scope, states, parts.length, own])
  const counts = useMemo(() => countStates(states, tasks), [states, tasks])
  const pages = useMemo(() => pagesOf(tasks), [tasks])
  if (states.count === 0) {
    return (
      <Card>
        <EmptyState icon={LayoutGrid} title="Its tasks are not told yet">
          How many there are stands on the chain once its provider begins.
        </EmptyState>
      </Card>
    )
  }
  const shown = pages[Math.min(page, pages.length - 1)] ?? []
  return (
    <Card
      title={`${countText(counts.all)} ${counts.all === 1 ? 'task' : 'tasks'}`}
      hint={<Source view={view} counts={counts} />}
      actions={
        parts.length > 1 && (
          <Segmented label="Whose tasks" value={scope} options={scopeOptions(own)} onValueChange={setScope} />
        )
      }
    >
      <div className="flex flex-col gap-4">
        <Silent view={view} />
        {pages.length > 1 && <TaskPages states={states} pages={pages} page={page} onPage={setPage} />}
        <TaskGrid states={states} tasks={shown} onOpen={setTask} />
        <Legend counts={counts} />
      </div>
      {task !== undefined && (
        <TaskDialog view={view} task={task} tasks={tasks} onTask={setTask} onClose={() => setTask(undefined)} />
      )}
    </Card>
  )
}

/** Who says so: checked here against the chain, or by the provider's word. */
function Source({ view: { parts }, counts }: { view: TasksView; counts: TaskCounts }) {
  const checked = parts.filter(({ checked: { data } }) => data && data.faults.length === 0).length
  const done = counts.done + counts.failed
  if (done === 0 && counts.unknown === counts.all) return 'How far they are only their provider can tell'
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2 gap-y-1">
      {countText(done)} done{counts.failed > 0 && `, ${countText(counts.failed)} of them failed`}
      {checked === parts.length ? (
        <Badge tone="good">checked against the chain</Badge>
      ) : (
        <Badge>{checked > 0 ? `${checked} of ${parts.length} parts checked, else` : ''} the provider’s word</Badge>
      )}
    </span>
  )
}

/** Which providers do not answer, and what those that do say does not work. */
function Silent({ view: { parts } }: { view: TasksView }) {
  const words = parts.flatMap(({ job, told, checked }) => {
    const whole = checked.data !== undefined
    if (told.isError && !whole) return [`Part ${job.index + 1}: ${describeError(told.error).message}`]
    const reason = told.data?.status.reason
    return reason && job.state !== 'ended' ? [`Part ${job.index + 1}, says its provider: ${reason}`] : []
  })
  if (words.length === 0) return null
  return (
    <div role="status" className="rounded-lg bg-warn-soft px-4 py-2 text-[13px] text-warn">
      <ul>
        {words.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  )
}
