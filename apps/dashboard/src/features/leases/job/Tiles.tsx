import { formatSize } from '@tender/protocol'
import type { Place } from './useOutput.ts'

export type TilesProps = { places: readonly Place[]; columns: number; onOpen: (task: number) => void }

/** Pictures beside each other, each with its task; those to come hold their place. */
export function Tiles({ places, columns, onOpen }: TilesProps) {
  const known = places.find(({ picture }) => picture)?.picture
  return (
    <ul
      aria-label="Pictures"
      className="grid gap-2"
      style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}
    >
      {places.map(({ task, picture }) => (
        <li key={`${task} ${picture?.path ?? ''}`} className="min-w-0">
          {picture ? (
            <button
              type="button"
              title={`Task ${task}, ${picture.path}: ${picture.width} × ${picture.height}, ${formatSize(picture.bytes)}`}
              onClick={() => onOpen(task)}
              className="block w-full overflow-hidden rounded-md border border-line hover:border-accent"
            >
              <img
                src={picture.url}
                alt={`${picture.path} of task ${task}`}
                width={picture.width}
                height={picture.height}
                loading="lazy"
                decoding="async"
                className="block h-auto w-full"
              />
            </button>
          ) : (
            <span
              role="img"
              aria-label={`The picture of task ${task} is still to come`}
              className="flex w-full items-center justify-center rounded-md border border-dashed border-line-strong text-xs text-muted"
              style={{ aspectRatio: known ? `${known.width} / ${known.height}` : '1' }}
            />
          )}
        </li>
      ))}
    </ul>
  )
}
