import type { Asset, Match } from '@tender/api'
import { useMemo } from 'react'
import type { AlignedData, Options } from 'uplot'
import { axis, timeAxis } from '../../shared/charts/axes.ts'
import { LiveChart } from '../../shared/charts/LiveChart.tsx'
import type { Palette } from '../../shared/charts/palette.ts'
import { amountNumber, amountText } from '../../shared/format/amount.ts'
import { countText } from '../../shared/format/number.ts'
import { dateTimeText } from '../../shared/format/time.ts'

export type LivePricesProps = {
  /** The newest first. */
  matches: readonly Match[]
  asset: Pick<Asset, 'symbol' | 'decimals'>
  height: number
}

/** The latest matches one by one, as they come in. */
export function LivePrices({ matches, asset, height }: LivePricesProps) {
  const oldestFirst = useMemo(() => matches.toReversed(), [matches])
  const data = useMemo<AlignedData>(
    () => [oldestFirst.map((match) => match.at), oldestFirst.map((match) => amountNumber(match.price, asset.decimals))],
    [oldestFirst, asset.decimals],
  )
  const price = (amount: bigint) => `${amountText(amount, asset.decimals)} ${asset.symbol}`
  const last = matches[0]
  return (
    <LiveChart
      label={`The last ${matches.length} matches${last ? `, the latest at ${price(last.price)} an hour` : ''}.`}
      data={data}
      options={chartOptions}
      height={height}
      describe={(index) => {
        const match = oldestFirst[index]
        if (!match) return { title: '', lines: [] }
        return {
          title: dateTimeText(match.at),
          lines: [
            { name: 'Price', value: price(match.price) },
            { name: 'Units', value: countText(match.units) },
            { name: 'Provider', value: `#${match.provider}` },
          ],
        }
      }}
    />
  )
}

function chartOptions(palette: Palette): Omit<Options, 'width' | 'height'> {
  return {
    padding: [8, 20, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 9 }, drag: { x: false, y: false } },
    scales: {
      x: { time: true },
      y: { range: (_chart, low, high) => [low - (high - low || low) * 0.25, high + (high - low || high) * 0.15] },
    },
    axes: [
      timeAxis(palette),
      axis(palette, { size: 58, values: (_chart, ticks) => ticks.map((tick) => String(Number(tick.toPrecision(4)))) }),
    ],
    series: [
      {},
      {
        stroke: palette.accent,
        width: 1.5,
        points: { show: true, size: 7, fill: palette.surface, stroke: palette.accent, width: 2 },
      },
    ],
  }
}
