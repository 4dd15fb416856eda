import type { Asset, Candles } from '@tender/api'
import { useMemo } from 'react'
import uPlot, { type AlignedData, type Options } from 'uplot'
import { axis, timeAxis } from '../../shared/charts/axes.ts'
import { LiveChart } from '../../shared/charts/LiveChart.tsx'
import { faded, type Palette } from '../../shared/charts/palette.ts'
import { amountNumber, amountText } from '../../shared/format/amount.ts'
import { countText } from '../../shared/format/number.ts'
import { dateTimeText } from '../../shared/format/time.ts'

export type PriceChartProps = { candles: Candles; asset: Pick<Asset, 'symbol' | 'decimals'>; height: number }

/** What units cost over time: the median of each interval's matches, between the lowest and the highest, and how many units. */
export function PriceChart({ candles, asset, height }: PriceChartProps) {
  const { items, interval } = candles
  const data = useMemo<AlignedData>(() => {
    const prices = (pick: 'low' | 'high' | 'median') => items.map((item) => amountNumber(item[pick], asset.decimals))
    return [
      items.map((item) => item.from),
      prices('high'),
      prices('low'),
      prices('median'),
      items.map((item) => item.units),
    ]
  }, [items, asset.decimals])
  const price = (amount: bigint) => `${amountText(amount, asset.decimals)} ${asset.symbol}`
  const last = items.at(-1)
  const summary = last
    ? `${items.length} intervals of one ${interval}; the latest median is ${price(last.median)} an hour.`
    : ''
  return (
    <LiveChart
      label={`Prices per unit and hour. ${summary}`}
      data={data}
      options={chartOptions}
      height={height}
      describe={(index) => {
        const item = items[index]
        if (!item) return { title: '', lines: [] }
        return {
          title: dateTimeText(item.from),
          lines: [
            { name: 'Median', value: price(item.median) },
            {
              name: 'Range',
              value: `${amountText(item.low, asset.decimals)} – ${amountText(item.high, asset.decimals)}`,
            },
            { name: 'Units', value: countText(item.units) },
            { name: 'Matches', value: countText(item.matches) },
          ],
        }
      }}
    />
  )
}

/** Bars of units take the lowest fifth. */
const BARS_SHARE = 5

function chartOptions(palette: Palette): Omit<Options, 'width' | 'height'> {
  const edge = { stroke: 'transparent', points: { show: false } }
  return {
    padding: [8, 20, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: {
      x: { time: true },
      y: { range: (_chart, low, high) => [low - (high - low || low) * 0.35, high + (high - low || high) * 0.08] },
      units: { range: (_chart, _low, high) => [0, (high || 1) * BARS_SHARE] },
    },
    axes: [
      timeAxis(palette),
      axis(palette, { size: 58, values: (_chart, ticks) => ticks.map((tick) => String(Number(tick.toPrecision(4)))) }),
    ],
    bands: [{ series: [1, 2], fill: faded(palette.accent, 0.16) }],
    series: [
      {},
      edge,
      edge,
      { stroke: palette.accent, width: 2, points: { size: 6 } },
      {
        scale: 'units',
        fill: faded(palette.muted, 0.28),
        stroke: 'transparent',
        points: { show: false },
        ...(uPlot.paths.bars && { paths: uPlot.paths.bars({ size: [0.6, 14, 1] }) }),
      },
    ],
  }
}
