import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import type { EarningsRow } from './earningsRows.ts'

const colours = ['var(--accent)', 'var(--demand)', 'var(--good)', 'var(--muted)']

export type EarningsChartProps = {
  rows: readonly EarningsRow[]
  assets: readonly { address: string; symbol: string }[]
  interval: 'hour' | 'day'
}

/** What came in, interval by interval, a colour for each asset. */
export function EarningsChart({ rows, assets, interval }: EarningsChartProps) {
  const shown = assets.filter(({ address }) => rows.some((row) => row[address] !== undefined))
  const timeText = (at: number) =>
    new Date(at * 1000).toLocaleString(
      undefined,
      interval === 'day' ? { month: 'short', day: 'numeric' } : { hour: '2-digit', minute: '2-digit' },
    )
  return (
    <figure role="img" aria-label={`Earnings of ${rows.length} intervals of one ${interval}.`} className="h-56 text-xs">
      <ResponsiveContainer width="100%" height="100%">
        <BarChart data={[...rows]} margin={{ top: 8, right: 0, bottom: 0, left: -8 }}>
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="from"
            tickFormatter={timeText}
            tickLine={false}
            axisLine={false}
            tick={{ fill: 'var(--muted)' }}
          />
          <YAxis tickLine={false} axisLine={false} tick={{ fill: 'var(--muted)' }} width={64} />
          <Tooltip
            cursor={{ fill: 'var(--inset)' }}
            contentStyle={{ background: 'var(--surface)', border: '1px solid var(--line)', borderRadius: 8 }}
            labelFormatter={(at) => timeText(Number(at))}
          />
          {shown.map(({ address, symbol }, index) => (
            <Bar
              key={address}
              dataKey={address}
              name={symbol}
              stackId={address}
              fill={colours[index % colours.length] ?? 'var(--accent)'}
              radius={[3, 3, 0, 0]}
              maxBarSize={40}
              isAnimationActive={false}
            />
          ))}
        </BarChart>
      </ResponsiveContainer>
    </figure>
  )
}
