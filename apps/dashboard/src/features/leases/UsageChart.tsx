import { formatSize } from '@tender/protocol'
import type { Axis, Options } from 'uplot'
import { axis, timeAxis } from '../../shared/charts/axes.ts'
import { LiveChart } from '../../shared/charts/LiveChart.tsx'
import { faded, type Palette } from '../../shared/charts/palette.ts'

export type UsageChartProps = {
  /** E.g. `Cores in use`. */
  name: string
  /** Unix seconds. */
  times: readonly number[]
  values: readonly (number | null)[]
  kind: keyof typeof kinds
}

/** One number of a workload over the time that somebody looked. */
export function UsageChart({ name, times, values, kind }: UsageChartProps) {
  const { options, text } = kinds[kind]
  const words = (value: number | null | undefined) => (typeof value === 'number' ? text(value) : 'unknown')
  return (
    <LiveChart
      label={`${name}, now ${words(values.at(-1))}.`}
      data={[[...times], [...values]]}
      options={options}
      height={160}
      describe={(index) => ({
        title: new Date((times[index] ?? 0) * 1000).toLocaleTimeString(),
        lines: [{ name, value: words(values[index]) }],
      })}
    />
  )
}

/** Cores as people read them: `0.25`. */
export function coresText(cores: number): string {
  return String(Number(cores.toFixed(cores < 0.1 ? 3 : 2)))
}

// Made once: other options start a chart anew. `least`: what the axis reaches up to at least, so that nothing is not drawn large.
const kinds = {
  cores: { options: optionsWith({ text: coresText, least: 0.01 }, {}), text: coresText },
  bytes: { options: optionsWith({ text: formatSize, least: 2 ** 20 }, { incrs: powersOfTwo() }), text: formatSize },
} as const

/** So that sizes on the axis are round. A function: what is above is made before what is below. */
function powersOfTwo(): number[] {
  return Array.from({ length: 50 }, (_, power) => 2 ** power)
}

function optionsWith({ text, least }: { text: (value: number) => string; least: number }, more: Axis) {
  return (palette: Palette): Omit<Options, 'width' | 'height'> => ({
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: (_chart, _low, high) => [0, Math.max(high * 1.15, least)] } },
    axes: [
      timeAxis(palette),
      axis(palette, { size: 68, space: 32, values: (_chart, ticks) => ticks.map(text), ...more }),
    ],
    series: [
      {},
      { stroke: palette.accent, fill: faded(palette.accent, 0.14), width: 2, points: { show: false }, spanGaps: false },
    ],
  })
}
