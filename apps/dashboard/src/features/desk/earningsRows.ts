import type { Earnings } from '@tender/api'

/** One interval of the chart: what came in by asset, less the fee. Floats, for drawing only. */
export type EarningsRow = { from: number; [asset: string]: number }

/** Earnings as a chart draws them: each interval once, every asset a column. */
export function earningsRows(
  { items }: Pick<Earnings, 'items'>,
  assets: readonly { address: string; decimals: number }[],
): EarningsRow[] {
  const rows = new Map<number, EarningsRow>()
  for (const { from, asset, paid, fee } of items) {
    const known = assets.find(({ address }) => address === asset)
    if (!known) continue
    const row = rows.get(from) ?? { from }
    row[asset] = (row[asset] ?? 0) + Number(paid - fee) / 10 ** known.decimals
    rows.set(from, row)
  }
  return [...rows.values()].sort((a, b) => a.from - b.from)
}
