/** A panel: one thing to know, and when it should worry. */
export type Panel = {
  title: string
  /** What it shows, and what to do about it. */
  description: string
  /** As Grafana names it: https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit */
  unit: Unit
  /** `now`: one number each; `time`: how it went. */
  shows: 'now' | 'time'
  /** In PromQL, by the name of its series, `{{label}}` filled in. */
  queries: Readonly<Record<string, string>>
  /** From when on it is yellow and red; `below`: when it falls under that. Absent: it is never wrong by itself. */
  worry?: { yellow: number; red: number; below?: true }
}

export type Unit = 'bytes' | 'Bps' | 'bool_yes_no' | 'none' | 'ops' | 'percentunit' | 'reqps' | 's' | 'short'

/** A dashboard, in rows. */
export type Board = {
  /** Of its file and of its address in Grafana. */
  name: string
  title: string
  description: string
  /** A label by whose values one chooses what is shown, and a metric that has it. */
  chooser?: { label: string; metric: string; title: string }
  rows: readonly { title: string; panels: readonly Panel[] }[]
}

/** Long enough for four scrapes of those of `deploy/prometheus`, whatever interval Grafana draws. */
export const RATE = '[$__rate_interval]'

/** What so many of all (0 to 1) took at most, from the buckets of a histogram; 0 without any. */
export function quantiles(shares: readonly number[], buckets: string): Panel['queries'] {
  return Object.fromEntries(
    shares.map((share) => [
      `${share * 100} %`,
      `histogram_quantile(${share}, sum by (le) (rate(${buckets}${RATE}))) > 0 or on() vector(0)`,
    ]),
  )
}
