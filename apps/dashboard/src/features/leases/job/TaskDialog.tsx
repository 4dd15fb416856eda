import type { TaskRecord } from '@tender/protocol'
import { formatSize } from '@tender/protocol'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { Badge } from '../../../shared/ui/Badge.tsx'
import { Button } from '../../../shared/ui/Button.tsx'
import { Dialog } from '../../../shared/ui/Dialog.tsx'
import { type Fact, Facts } from '../../../shared/ui/Facts.tsx'
import { Hash } from '../../../shared/ui/Hash.tsx'
import { Skeleton } from '../../../shared/ui/Skeleton.tsx'
import { TaskFiles } from './TaskFiles.tsx'
import { TaskLog } from './TaskLog.tsx'
import { stateWords } from './taskStates.ts'
import { reachOf, usePictures } from './useOutput.ts'
import type { PartView, TasksView } from './useTasks.ts'

export type TaskDialogProps = {
  view: TasksView
  task: number
  /** Those between which one goes on. */
  tasks: readonly number[]
  onTask: (task: number) => void
  onClose: () => void
}

/** What is known of one task: how it ended, what it made, what it wrote. */
export function TaskDialog({ view, task, tasks, onTask, onClose }: TaskDialogProps) {
  const { states, parts } = view
  const record = states.recordOf(task)
  const part = parts.find(({ job }) => job.lease === states.partOf(task)?.leaseId)
  const reach = reachOf(view, task)
  const at = tasks.indexOf(task)
  const state = states.stateOf(task)
  return (
    <Dialog
      open
      size="wide"
      onOpenChange={onClose}
      title={`Task ${task}`}
      description={
        part ? `Of part ${part.job.index + 1}, provider ${part.job.provider}: ${stateWords[state]}` : undefined
      }
      footer={
        <>
          <Beside label="Earlier task" icon={ChevronLeft} task={tasks[at - 1]} onTask={onTask} />
          <Beside label="Later task" icon={ChevronRight} task={tasks[at + 1]} onTask={onTask} />
        </>
      }
    >
      <div className="flex flex-col gap-5">
        {record && part ? (
          <>
            <Facts facts={factsOf(record, part, states.isSampled(task))} />
            {reach && <TaskPictures key={task} view={view} task={task} />}
            {reach && <TaskFiles key={`files ${task}`} reach={reach} record={record} />}
            {reach && <TaskLog key={`log ${task}`} reach={reach} task={task} />}
          </>
        ) : (
          <p className="text-sm text-muted">{waitWords[state] ?? 'Its provider was not asked.'}</p>
        )}
      </div>
    </Dialog>
  )
}

const waitWords: Partial<Record<ReturnType<TasksView['states']['stateOf']>, string>> = {
  waits: 'It waits for its turn. What it makes is shown here once it is done.',
  runs: 'It runs now. What it makes, and what it wrote, is shown here once it is done.',
  unknown: 'Only its provider can tell how it is, and does not tell it from here.',
}

type BesideProps = {
  label: string
  icon: typeof ChevronLeft
  task: number | undefined
  onTask: (task: number) => void
}

function Beside({ label, icon: Icon, task, onTask }: BesideProps) {
  return (
    <Button
      look="quiet"
      size="icon"
      aria-label={label}
      disabled={task === undefined}
      onClick={() => task !== undefined && onTask(task)}
    >
      <Icon aria-hidden />
    </Button>
  )
}

function factsOf({ exit, output, outputBytes, block }: TaskRecord, { checked }: PartView, sampled: boolean): Fact[] {
  const faults = checked.data?.faults.length
  return [
    {
      label: 'Exit code',
      value: exit === 0 ? '0' : <Badge tone="bad">{exit}, failed</Badge>,
    },
    { label: 'Output', value: formatSize(outputBytes) },
    {
      label: 'Its hash',
      meaning:
        'SHA-256 of the root of the output’s folder. Every block that is shown or saved here was hashed up to it.',
      value: <Hash value={output} />,
    },
    {
      label: 'Done after block',
      meaning: 'The record names the hash of this block, so nobody could have made it before.',
      value: block,
    },
    {
      label: 'Who says so',
      value:
        faults === undefined ? (
          <Badge>the provider’s word</Badge>
        ) : faults === 0 ? (
          <Badge tone="good">as committed to on the chain</Badge>
        ) : (
          <Badge tone="bad">of a result with faults</Badge>
        ),
    },
    ...(sampled ? [{ label: 'Sampled', value: <Badge tone="accent">run again by validators</Badge> }] : []),
  ]
}

function TaskPictures({ view, task }: { view: TasksView; task: number }) {
  const record = view.states.recordOf(task)
  const pictures = usePictures(reachOf(view, task), record)
  if (pictures.isPending) return <Skeleton className="h-24 w-full" />
  if (!pictures.data || pictures.data.length === 0) return null
  return (
    <section aria-label="Pictures" className="flex flex-col gap-3">
      {pictures.data.map(({ path, url, width, height }) => (
        <figure key={path} className="min-w-0">
          <img
            src={url}
            alt={`${path} of task ${task}`}
            width={width}
            height={height}
            className="h-auto max-h-[50vh] w-full rounded-lg border border-line bg-inset object-contain"
          />
          <figcaption className="mt-1 text-xs text-muted">
            {path}, {width} × {height}
          </figcaption>
        </figure>
      ))}
    </section>
  )
}
