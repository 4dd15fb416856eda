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
import { type Place, useGallery } from './useOutput.ts'
import type { TasksView } from './useTasks.ts'

/** Most tasks whose pictures are brought at a time. */
const TASKS_AT_ONCE = 240
const columnChoices = ['1', '2', '3', '4', '5', '6', '8', '10', '12', '16'] as const
type Columns = (typeof columnChoices)[number]
const columnOptions = columnChoices.map((value) => ({ value, label: value === '1' ? '1 column' : `${value} columns` }))

type Way = 'whole' | 'apart'
const ways = [
  { value: 'whole', label: 'One picture' },
  { value: 'apart', label: 'Apart' },
] as const

/** All pictures among the outputs, in the order of the tasks: apart, or put together where they are parts of one. */
export function PicturesTab({ view, own }: { view: TasksView; own: JobDetail }) {
  const [scope, setScope] = useState<Scope>('order')
  const [task, setTask] = useState<number>()
  const canvas = useRef<HTMLCanvasElement>(null)
  const { all, tasks, showMore, gallery } = useShown(view, own, scope)
  const { places, error, loading, retry } = gallery
  const { pictures, way, columns, plan, setWay, setColumns } = useLayout(places)
  if (pictures.length === 0) return <Nothing view={view} loading={loading} error={error} retry={retry} />
  const missing = places.length - pictures.length
  return (
    <Card
      title={`${countText(pictures.length)} ${pictures.length === 1 ? 'picture' : 'pictures'}`}
      hint={`In the order of the tasks, each hashed in your browser${missing > 0 ? `; ${countText(missing)} still to come` : ''}`}
      actions={
        view.parts.length > 1 && (
          <Segmented label="Whose pictures" value={scope} options={scopeOptions(own)} onValueChange={setScope} />
        )
      }
    >
      <div className="flex flex-col gap-4">
        <div className="flex flex-wrap items-center gap-2">
          <Segmented label="How pictures are shown" value={way} options={ways} onValueChange={setWay} />
          <Select aria-label="Columns" value={columns} options={columnOptions} onValueChange={setColumns} />
          {plan && (
            <Button size="small" className="ml-auto" onClick={() => save(canvas.current, own)}>
              <Download aria-hidden /> Save as one
            </Button>
          )}
        </div>
        <Trouble error={error} retry={retry} tooLarge={way === 'whole' && !plan} />
        {plan ? (
          <Mosaic
            plan={plan}
            places={places}
            canvasRef={canvas}
            label={`Pictures of ${pictures.length} tasks put together, ${plan.width} by ${plan.height} pixels`}
          />
        ) : (
          <Tiles places={places} columns={Number(columns)} onOpen={setTask} />
        )}
        {tasks.length < all.length && (
          <Button size="small" className="self-center" onClick={showMore}>
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

/** The tasks of a scope, and the pictures of the first of them. */
function useShown(view: TasksView, own: JobDetail, scope: Scope) {
  const [shown, setShown] = useState(TASKS_AT_ONCE)
  const { count } = view.states
  const all = useMemo(
    () => tasksIn(scope, count, view.parts.length, own.index),
    [scope, count, view.parts.length, own.index],
  )
  const tasks = useMemo(() => all.slice(0, shown), [all, shown])
  return { all, tasks, showMore: () => setShown(shown + TASKS_AT_ONCE), gallery: useGallery(view, tasks) }
}

/** How pictures stand: as chosen, else together if they are bands of one. */
function useLayout(places: readonly Place[]) {
  const [chosenWay, setWay] = useState<Way>()
  const [chosenColumns, setColumns] = useState<Columns>()
  const pictures = useMemo(() => places.flatMap(({ picture }) => picture ?? []), [places])
  const bands = useMemo(() => areBands(places.map(({ picture }) => picture)), [places])
  const way = chosenWay ?? (bands ? 'whole' : 'apart')
  const columns = chosenColumns ?? (bands ? '1' : (columnChoices[Math.min(3, pictures.length - 1)] ?? '1'))
  const plan = useMemo(() => {
    if (way === 'apart') return undefined
    return planMosaic(
      places.map(({ picture }) => picture),
      Number(columns),
    )
  }, [way, places, columns])
  return { pictures, way, columns, plan, setWay, setColumns }
}

function Trouble({ error, retry, tooLarge }: { error: unknown; retry: () => void; tooLarge: boolean }) {
  return (
    <>
      {error !== null && (
        <p role="alert" className="rounded-lg bg-warn-soft px-4 py-2 text-[13px] text-warn">
          {describeError(error).message}{' '}
          <button type="button" className="underline" onClick={retry}>
            Try again
          </button>
        </p>
      )}
      {tooLarge && (
        <p role="status" className="text-[13px] text-muted">
          Together they are too large for one picture; here they are apart.
        </p>
      )}
    </>
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
