import { cn } from './cn.ts'

export type SparklineProps = {
  values: readonly number[]
  /** What it shows, in words, for those who cannot see it. */
  label: string
  /** Fixed bounds; those of the values otherwise. */
  min?: number
  max?: number
  className?: string
}

const WIDTH = 100
const HEIGHT = 28
const PAD = 2

/** A line as small as a word. Nothing with fewer than two values. */
export function Sparkline({ values, label, min, max, className }: SparklineProps) {
  if (values.length < 2) return <span aria-hidden className={cn('block h-7 w-24', className)} />
  const low = min ?? Math.min(...values)
  const high = max ?? Math.max(...values)
  const span = high - low || 1
  const points = values.map((value, index) => {
    const x = (index / (values.length - 1)) * WIDTH
    const y = HEIGHT - PAD - ((value - low) / span) * (HEIGHT - 2 * PAD)
    return `${x.toFixed(1)},${y.toFixed(1)}`
  })
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className={cn('h-7 w-24 text-accent', className)}
    >
      <polyline
        points={points.join(' ')}
        fill="none"
        stroke="currentColor"
        strokeWidth={1.5}
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  )
}
