import type { JobDetail } from '@tender/api'
import { Download, Images } from 'lucide-react'
import { useMemo, useRef, useState } from 'react'
import { describeError } from '../../../shared/api/describeError.ts'
import { countText } from '../../../shared/format/number.ts'
import { Button } from '../../../shared/ui/Button.tsx'
import { Card } from '../../../shared/ui/Card.tsx'
import { EmptyState } from '../../../shared/ui/EmptyState.tsx'
import { Segmented } from '../../../shared/ui/Segmented.tsx'
import { Select } from '../../../shared/ui/Select.tsx'
import { Skeleton } from '../../../shared/ui/Skeleton.tsx'
import { Mosaic } from './Mosaic.tsx'
import { areBands, planMosaic } from './mosaicPlan.ts'
import { saveBlob } from './saveBlob.ts'
import { type Scope, scopeOptions, tasksIn } from './scope.ts'
import { TaskDialog } from './TaskDialog.tsx'
import { Tiles } from './Tiles.tsx'
import { useGallery } from './useOutput.ts'
import type { TasksView } from './useTasks.ts'

/** Most tasks whose pictures are brought at a time. */
const TASKS_AT_ONCE = 240
const columnChoices = ['1', '2', '3', '4', '5', '6', '8', '10', '12', '16'] as const

type Way = 'whole' | 'apart'
const ways = [
  { value: 'whole', label: 'One picture' },
  { value: 'apart', label: 'Apart' },
] as const

/** All pictures among the outputs, in the order of the tasks: apart, or put together where they are parts of one. */
export function PicturesTab({ view, own }: { view: TasksView; own: JobDetail }) {
  const { parts, states } = view
  const [scope, setScope] = useState<Scope>('order')
  const [shown, setShown] = useState(TASKS_AT_ONCE)
  const [chosenWay, setWay] = useState<Way>()
  const [chosenColumns, setColumns] = useState<string>()
  const [task, setTask] = useState<number>()
  const canvas = useRef<HTMLCanvasElement>(null)
  const all = useMemo(
    () => tasksIn(scope, states.count, parts.length, own.index),
    [scope, states.count, parts.length, own],
  )
  const tasks = useMemo(() => all.slice(0, shown), [all, shown])
  const { places, error, loading, retry } = useGallery(view, tasks)
  const pictures = places.flatMap(({ picture }) => picture ?? [])
  const bands = areBands(pictures)
  const way = chosenWay ?? (bands ? 'whole' : 'apart')
  const columns = Number(chosenColumns ?? (bands ? 1 : Math.min(4, Math.max(1, pictures.length))))
  const plan = useMemo(
    () =>
      way === 'whole'
        ? planMosaic(
            places.map(({ picture }) => picture),
            columns,
          )
        : undefined,
    [way, places, columns],
  )
  if (pictures.length === 0) return <Nothing view={view} loading={loading} error={error} retry={retry} />
  const missing = places.length - pictures.length
  return (
    <Card
      title={`${countText(pictures.length)} ${pictures.length === 1 ? 'picture' : 'pictures'}`}
      hint={`In the order of the tasks, each hashed in your browser${missing > 0 ? `; ${countText(missing)} still to come` : ''}`}
      actions={
        parts.length > 1 && (
          <Segmented label="Whose pictures" value={scope} options={scopeOptions(own)} onValueChange={setScope} />
        )
      }
    >
      <div className="flex flex-col gap-4">
        <div className="flex flex-wrap items-center gap-2">
          <Segmented label="How pictures are shown" value={way} options={ways} onValueChange={setWay} />
          <Select
            aria-label="Columns"
            value={String(columns)}
            options={columnChoices.map((value) => ({
              value,
              label: value === '1' ? '1 column' : `${value} columns`,
            }))}
            onValueChange={setColumns}
          />
          {plan && (
            <Button size="small" className="ml-auto" onClick={() => save(canvas.current, own)}>
              <Download aria-hidden /> Save as one
            </Button>
          )}
        </div>
        {error && (
          <p role="alert" className="rounded-lg bg-warn-soft px-4 py-2 text-[13px] text-warn">
            {describeError(error).message}{' '}
            <button type="button" className="underline" onClick={retry}>
              Try again
            </button>
          </p>
        )}
        {way === 'whole' && !plan && (
          <p role="status" className="text-[13px] text-muted">
            Together they are too large for one picture; here they are apart.
          </p>
        )}
        {plan ? (
          <Mosaic
            plan={plan}
            places={places}
            canvasRef={canvas}
            label={`Pictures of ${pictures.length} tasks put together, ${plan.width} by ${plan.height} pixels`}
          />
        ) : (
          <Tiles places={places} columns={columns} onOpen={setTask} />
        )}
        {shown < all.length && (
          <Button size="small" className="self-center" onClick={() => setShown(shown + TASKS_AT_ONCE)}>
            Those of more tasks
          </Button>
        )}
      </div>
      {task !== undefined && (
        <TaskDialog view={view} task={task} tasks={tasks} onTask={setTask} onClose={() => setTask(undefined)} />
      )}
    </Card>
  )
}

function save(canvas: HTMLCanvasElement | null, { order }: JobDetail): void {
  canvas?.toBlob((blob) => blob && saveBlob(blob, `job-${order.slice(2, 10)}.png`), 'image/png')
}

type NothingProps = { view: TasksView; loading: boolean; error: unknown; retry: () => void }

function Nothing({ view, loading, error, retry }: NothingProps) {
  const some = view.parts.some(({ tasks }) => tasks.records.length > 0)
  if (loading) {
    return (
      <Card>
        <Skeleton className="h-64 w-full rounded-lg" />
      </Card>
    )
  }
  const heard = view.parts.some(({ reach }) => reach)
  return (
    <Card>
      <EmptyState
        icon={Images}
        title={some ? 'None of its outputs is a picture' : 'No picture yet'}
        actions={
          error !== null && (
            <Button size="small" onClick={retry}>
              Try again
            </Button>
          )
        }
      >
        {error
          ? describeError(error).message
          : heard
            ? 'PNG, JPEG, GIF and WebP files of its tasks are shown here as they are done, whatever they are called.'
            : 'Its outputs come from its provider, which is not asked from here.'}
      </EmptyState>
    </Card>
  )
}
