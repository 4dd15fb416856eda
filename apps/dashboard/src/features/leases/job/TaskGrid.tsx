import { Search, X } from 'lucide-react'
import { type KeyboardEvent, memo, useCallback, useRef, useState } from 'react'
import { cn } from '../../../shared/ui/cn.ts'
import { type TaskState, type TaskStates, taskLabel } from './taskStates.ts'

export type TaskGridProps = {
  states: TaskStates
  /** Those of one page, see `pagesOf`. */
  tasks: readonly number[]
  onOpen: (task: number) => void
}

/** Tasks as cells, each a button. Tab leads to one of them, arrow keys to the others. */
export function TaskGrid({ states, tasks, onOpen }: TaskGridProps) {
  const box = useRef<HTMLFieldSetElement>(null)
  const [reached, setReached] = useState(0)
  const current = Math.min(reached, tasks.length - 1)
  const size = sizeOf(tasks.length)
  const open = useCallback((task: number) => onOpen(task), [onOpen])

  function move(event: KeyboardEvent): void {
    const cells = box.current ? [...box.current.querySelectorAll('button')] : []
    const next = nextCell(event.key, current, cells)
    if (next === undefined) return
    event.preventDefault()
    setReached(next)
    cells[next]?.focus()
  }

  return (
    <fieldset
      ref={box}
      aria-label={`Tasks ${tasks[0] ?? 0} to ${tasks.at(-1) ?? 0}`}
      onKeyDown={move}
      className={cn('grid min-w-0', sizes[size].grid)}
    >
      {tasks.map((task, at) => (
        <Cell
          key={task}
          task={task}
          size={size}
          state={states.stateOf(task)}
          sampled={states.isSampled(task)}
          label={taskLabel(states, task)}
          reachable={at === current}
          onOpen={open}
        />
      ))}
    </fieldset>
  )
}

type Size = keyof typeof sizes
const sizes = {
  large: { grid: 'grid-cols-[repeat(auto-fill,minmax(3rem,1fr))] gap-1.5', cell: 'h-12 text-[13px]' },
  medium: { grid: 'grid-cols-[repeat(auto-fill,minmax(2.25rem,1fr))] gap-1', cell: 'h-9 text-[11px]' },
  small: { grid: 'grid-cols-[repeat(auto-fill,minmax(1.5rem,1fr))] gap-[3px]', cell: 'h-6 text-[0px]' },
} as const

function sizeOf(tasks: number): Size {
  return tasks <= 60 ? 'large' : tasks <= 240 ? 'medium' : 'small'
}

/** Where a key leads from a cell; columns are what stands on one line. */
function nextCell(key: string, current: number, cells: readonly HTMLElement[]): number | undefined {
  const last = cells.length - 1
  const top = cells[0]?.offsetTop
  const other = cells.findIndex(({ offsetTop }) => offsetTop !== top)
  const columns = other === -1 ? cells.length : other
  const steps: Record<string, number> = {
    ArrowLeft: current - 1,
    ArrowRight: current + 1,
    ArrowUp: current - columns,
    ArrowDown: current + columns,
    Home: 0,
    End: last,
  }
  const next = steps[key]
  return next === undefined || next < 0 || next > last ? undefined : next
}

/** Looks of a task by its state; where colours are not told apart the fill, the mark and the label are. */
export const cellLooks: Readonly<Record<TaskState, string>> = {
  unknown: 'border-dashed border-line-strong bg-transparent text-muted',
  waits: 'border-line bg-inset text-muted',
  runs: 'border-accent bg-accent-soft text-accent motion-safe:animate-pulse',
  done: 'border-transparent bg-good-soft text-good',
  failed: 'border-bad bg-bad-soft text-bad',
}

type CellProps = {
  task: number
  size: Size
  state: TaskState
  sampled: boolean
  label: string
  reachable: boolean
  onOpen: (task: number) => void
}

const Cell = memo(function Cell({ task, size, state, sampled, label, reachable, onOpen }: CellProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      data-state={state}
      tabIndex={reachable ? 0 : -1}
      onClick={() => onOpen(task)}
      className={cn(
        'relative flex items-center justify-center rounded-md border font-medium transition-colors hover:border-accent focus-visible:z-10',
        cellLooks[state],
        sizes[size].cell,
        sampled && 'border-accent ring-1 ring-accent',
      )}
    >
      {state === 'failed' && size === 'small' ? <X className="size-3.5" aria-hidden /> : task}
      {sampled && <SampleMark small={size === 'small'} />}
    </button>
  )
})

/** Stands at a task that validators run again. */
export function SampleMark({ small }: { small: boolean }) {
  return (
    <span
      aria-hidden
      className={cn(
        'absolute flex items-center justify-center rounded-full bg-accent text-on-accent',
        small ? '-top-0.5 -right-0.5 size-2' : '-top-1 -right-1 size-4',
      )}
    >
      {!small && <Search className="size-2.5" strokeWidth={3} />}
    </span>
  )
}
