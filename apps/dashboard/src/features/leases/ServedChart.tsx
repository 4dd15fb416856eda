import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import type { ServedInEra } from './servedPerEra.ts'

/** Seconds served in each era. */
export function ServedChart({ rows }: { rows: readonly ServedInEra[] }) {
  const total = rows.at(-1)?.total ?? 0
  return (
    <figure role="img" aria-label={`${rows.length} reports; ${total} seconds served in all.`} className="h-48 text-xs">
      <ResponsiveContainer width="100%" height="100%">
        <BarChart data={[...rows]} margin={{ top: 8, right: 0, bottom: 0, left: -16 }}>
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis dataKey="era" tickLine={false} axisLine={false} tick={{ fill: 'var(--muted)' }} />
          <YAxis tickLine={false} axisLine={false} tick={{ fill: 'var(--muted)' }} unit=" s" />
          <Tooltip
            cursor={{ fill: 'var(--inset)' }}
            contentStyle={{ background: 'var(--surface)', border: '1px solid var(--line)', borderRadius: 8 }}
            labelFormatter={(era) => `Era ${era}`}
            formatter={(value) => [`${value} s`, 'Served']}
          />
          <Bar dataKey="seconds" fill="var(--accent)" radius={[3, 3, 0, 0]} maxBarSize={32} isAnimationActive={false} />
        </BarChart>
      </ResponsiveContainer>
    </figure>
  )
}
