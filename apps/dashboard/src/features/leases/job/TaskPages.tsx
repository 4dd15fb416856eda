import { ChevronLeft, ChevronRight } from 'lucide-react'
import { countText } from '../../../shared/format/number.ts'
import { Button } from '../../../shared/ui/Button.tsx'
import { cn } from '../../../shared/ui/cn.ts'
import { countStates, type TaskStates } from './taskStates.ts'

export type TaskPagesProps = {
  states: TaskStates
  pages: readonly (readonly number[])[]
  page: number
  onPage: (page: number) => void
}

/** Where there are too many tasks for one screen: each part of them as a bar of what is done in it, which leads there. */
export function TaskPages({ states, pages, page, onPage }: TaskPagesProps) {
  const shown = pages[page] ?? []
  return (
    <nav aria-label="Pages of tasks" className="flex flex-col gap-2">
      <div className="flex items-center justify-between gap-2 text-[13px] text-muted">
        <span>
          Tasks {countText(shown[0] ?? 0)} to {countText(shown.at(-1) ?? 0)}
        </span>
        <span className="flex gap-1">
          <Step label="Earlier tasks" icon={ChevronLeft} disabled={page === 0} onClick={() => onPage(page - 1)} />
          <Step
            label="Later tasks"
            icon={ChevronRight}
            disabled={page >= pages.length - 1}
            onClick={() => onPage(page + 1)}
          />
        </span>
      </div>
      <div className="grid grid-cols-[repeat(auto-fill,minmax(1.5rem,1fr))] gap-1">
        {pages.map((tasks, at) => (
          <PageBar key={tasks[0]} states={states} tasks={tasks} current={at === page} onClick={() => onPage(at)} />
        ))}
      </div>
    </nav>
  )
}

type StepProps = { label: string; icon: typeof ChevronLeft; disabled: boolean; onClick: () => void }

function Step({ label, icon: Icon, disabled, onClick }: StepProps) {
  return (
    <Button look="quiet" size="icon" aria-label={label} disabled={disabled} onClick={onClick}>
      <Icon aria-hidden />
    </Button>
  )
}

type PageBarProps = { states: TaskStates; tasks: readonly number[]; current: boolean; onClick: () => void }

function PageBar({ states, tasks, current, onClick }: PageBarProps) {
  const counts = countStates(states, tasks)
  const label = `Tasks ${tasks[0]} to ${tasks.at(-1)}: ${counts.done} done, ${counts.failed} failed, ${counts.runs} running`
  const share = (count: number) => `${(count / tasks.length) * 100}%`
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      aria-current={current ? 'page' : undefined}
      onClick={onClick}
      className={cn(
        'flex h-6 flex-col-reverse overflow-hidden rounded-sm bg-inset',
        current ? 'outline-2 outline-offset-1 outline-accent' : 'hover:outline-1 hover:outline-line-strong',
      )}
    >
      <span className="block w-full shrink-0 bg-good" style={{ height: share(counts.done) }} />
      <span className="block w-full shrink-0 bg-bad" style={{ height: share(counts.failed) }} />
      <span className="block w-full shrink-0 bg-accent" style={{ height: share(counts.runs) }} />
    </button>
  )
}
