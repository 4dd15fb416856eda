/** What a benchmark found: tables of figures, and the charts to draw of them. Plain JSON, so that it can be kept. */
export type BenchResult = {
  /** The name in `npm run bench:NAME`. */
  bench: string
  title: string
  /** What is measured against which floor, one sentence. */
  question: string
  tables: BenchTable[]
  charts: BenchChart[]
}

export type BenchColumn = {
  /** Of the rows' values. */
  key: string
  label: string
  /** Shown beside the label: `ms`, `MiB/s`. */
  unit?: string
  /** Digits after the point; without it none for whole numbers, else two. */
  digits?: number
}

export type BenchTable = {
  title: string
  columns: BenchColumn[]
  /** Values by the columns' keys; null where there is nothing to say. */
  rows: Record<string, string | number | null>[]
  /** What a reader must know of this run, such as its size. Explanations that hold for every run are in `bench/notes`. */
  note?: string
  /** Too long to be read, as readings over time are: charts show it, and nothing else does. */
  drawn?: true
}

export type BenchChart = {
  title: string
  /** Index of the table whose rows are drawn. */
  table: number
  kind: 'bar' | 'line'
  /** Keys of columns. Rows without a number in `y` are left out. */
  x: string
  y: string
  /** Key of the column that says to which line, or colour of bars, a row belongs. */
  series?: string
  /** Axes that are logarithmic. */
  log?: 'x' | 'y' | 'both'
}
