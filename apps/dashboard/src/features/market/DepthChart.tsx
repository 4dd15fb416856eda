import type { Asset, Depth } from '@tender/api'
import { useMemo } from 'react'
import uPlot, { type AlignedData, type Options } from 'uplot'
import { axis } from '../../shared/charts/axes.ts'
import { LiveChart } from '../../shared/charts/LiveChart.tsx'
import { faded, type Palette } from '../../shared/charts/palette.ts'
import { amountNumber, amountText } from '../../shared/format/amount.ts'
import { countText } from '../../shared/format/number.ts'
import { depthSteps } from './depthSteps.ts'

export type DepthChartProps = { depth: Depth; asset: Pick<Asset, 'symbol' | 'decimals'>; height: number }

/** The book: how many units would be taken, and let, at each price. */
export function DepthChart({ depth, asset, height }: DepthChartProps) {
  const steps = useMemo(() => depthSteps(depth), [depth])
  const data = useMemo<AlignedData>(() => withMargins(steps, asset.decimals), [steps, asset.decimals])
  const asked = steps.demand[0] ?? 0
  const offered = steps.supply.at(-1) ?? 0
  return (
    <LiveChart
      label={`Demand and supply by price: ${countText(asked)} units asked for, ${countText(offered)} offered.`}
      data={data}
      options={chartOptions}
      height={height}
      describe={(index) => {
        // The first and the last place are margins without a price of their own.
        const at = Math.min(Math.max(index - 1, 0), steps.prices.length - 1)
        const price = steps.prices[at]
        if (price === undefined) return { title: '', lines: [] }
        return {
          title: `At ${amountText(price, asset.decimals)} ${asset.symbol}/h`,
          lines: [
            { name: 'Demand', value: `${countText(steps.demand[at] ?? 0)} units`, colour: 'var(--demand)' },
            { name: 'Supply', value: `${countText(steps.supply[at] ?? 0)} units`, colour: 'var(--supply)' },
          ],
        }
      }}
    />
  )
}

/** A little room at both ends, so that the outer steps are seen. */
function withMargins({ prices, demand, supply }: ReturnType<typeof depthSteps>, decimals: number): AlignedData {
  const levels = prices.map((price) => amountNumber(price, decimals))
  const [low, high] = [levels[0] ?? 0, levels.at(-1) ?? 0]
  const margin = (high - low || high || 1) * 0.08
  return [
    [Math.max(0, low - margin), ...levels, high + margin],
    [demand[0] ?? 0, ...demand, 0],
    [0, ...supply, supply.at(-1) ?? 0],
  ]
}

function chartOptions(palette: Palette): Omit<Options, 'width' | 'height'> {
  const { stepped } = uPlot.paths
  const side = (colour: string, align: 1 | -1) => ({
    stroke: colour,
    fill: faded(colour, 0.16),
    width: 2,
    points: { show: false },
    ...(stepped && { paths: stepped({ align }) }),
  })
  return {
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: { x: { time: false }, y: { range: (_chart, _low, high) => [0, (high || 1) * 1.1] } },
    axes: [
      axis(palette, {
        grid: { show: false },
        size: 32,
        space: 64,
        values: (_chart, ticks) => ticks.map((tick) => String(Number(tick.toPrecision(4)))),
      }),
      axis(palette, { size: 40 }),
    ],
    series: [{}, side(palette.demand, -1), side(palette.supply, 1)],
  }
}
