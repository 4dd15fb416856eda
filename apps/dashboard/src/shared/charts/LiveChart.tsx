import { useEffect, useRef, useState } from 'react'
import uPlot, { type AlignedData, type Options } from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useTheme } from '../hooks/useTheme.ts'
import { cn } from '../ui/cn.ts'
import { type Palette, readPalette } from './palette.ts'
import { type Described, pointerNote } from './pointerNote.ts'

export type LiveChartProps = {
  /** What it shows, in words with the numbers that matter, for those who cannot see it. */
  label: string
  data: AlignedData
  /** Everything but size, for the colours of the theme. Keep it the same between renders, or the chart starts anew. */
  options: (palette: Palette) => Omit<Options, 'width' | 'height'>
  /** What is written beside the pointer for one place of the data. */
  describe: (index: number) => Described
  /** Pixels. */
  height: number
  className?: string
}

/** A dense chart that follows its data: uPlot, in the page's colours, as wide as its place. */
export function LiveChart({ label, data, options, describe, height, className }: LiveChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const newest = useRef({ data, describe })
  newest.current = { data, describe }
  const [chart, setChart] = useState<uPlot>()
  const { theme } = useTheme()

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours, which are read anew
  useEffect(() => {
    const element = place.current
    if (!element) return
    const chosen = options(readPalette())
    const note = pointerNote((index) => newest.current.describe(index))
    const size = { width: element.clientWidth, height }
    const made = new uPlot({ ...chosen, ...size, plugins: [note] }, newest.current.data, element)
    setChart(made)
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
      setChart(undefined)
    }
  }, [options, height, theme])

  useEffect(() => {
    chart?.setData(data)
  }, [chart, data])

  return (
    <div ref={place} role="img" aria-label={label} style={{ height }} className={cn('relative min-w-0', className)} />
  )
}
