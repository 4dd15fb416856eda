import type { ProviderEra } from '@tender/api'
import { useMemo } from 'react'
import type { AlignedData, Options } from 'uplot'
import { axis } from '../../shared/charts/axes.ts'
import { LiveChart } from '../../shared/charts/LiveChart.tsx'
import { faded, type Palette } from '../../shared/charts/palette.ts'
import { bpsText } from '../../shared/format/number.ts'
import { levelScores } from './figures.ts'

export type ScoreChartProps = {
  /** One line each, the oldest era first; at most four. */
  series: readonly { name: string; eras: readonly ProviderEra[] }[]
  height: number
}

/** Colours of the lines, in the order of the series. */
export const lineColours = ['accent', 'demand', 'good', 'bad'] as const

/** Scores era by era, between the borders of the trust levels. */
export function ScoreChart({ series, height }: ScoreChartProps) {
  const data = useMemo(() => align(series), [series])
  const count = series.length
  const options = useMemo(() => (palette: Palette) => chartOptions(palette, count), [count])
  const newest = series.map(({ name, eras }) => `${name}: ${bpsText(eras.at(-1)?.score ?? 0)}`).join(', ')
  return (
    <LiveChart
      label={`Scores over eras; latest ${newest}.`}
      data={data}
      options={options}
      height={height}
      describe={(index) => ({
        title: `Era ${data[0][index] ?? ''}`,
        lines: series.map(({ name }, line) => {
          const score = data[line + 1]?.[index]
          const colour = `var(--${lineColours[line] ?? 'accent'})`
          return { name, value: typeof score === 'number' ? bpsText(score * 100) : 'none', colour }
        }),
      })}
    />
  )
}

/** Scores in per cent by era; `null` where a provider has none. */
function align(series: ScoreChartProps['series']): AlignedData {
  const eras = [...new Set(series.flatMap((one) => one.eras.map(({ era }) => era)))].sort((a, b) => a - b)
  const lines = series.map((one) => {
    const scores = new Map(one.eras.map(({ era, score }) => [era, score / 100]))
    return eras.map((era) => scores.get(era) ?? null)
  })
  return [eras, ...lines]
}

function chartOptions(palette: Palette, count: number): Omit<Options, 'width' | 'height'> {
  const levels = levelScores.map(({ from }) => from / 100)
  return {
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: { x: { time: false }, y: { range: [0, 100] } },
    axes: [
      axis(palette, { grid: { show: false }, size: 32, space: 64 }),
      axis(palette, {
        size: 44,
        splits: () => [0, ...levels.toReversed(), 100],
        values: (_chart, ticks) => ticks.map((tick) => `${tick} %`),
      }),
    ],
    series: [
      {},
      ...Array.from({ length: count }, (_, line) => {
        const colour = palette[lineColours[line] ?? 'accent']
        const fill = count === 1 ? { fill: faded(colour, 0.1) } : {}
        return { stroke: colour, width: 2, points: { show: false }, spanGaps: true, ...fill }
      }),
    ],
  }
}
