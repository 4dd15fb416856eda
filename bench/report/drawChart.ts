import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { formatCell, formatHeading } from './formatTable.ts'
import type { BenchChart, BenchColumn, BenchTable } from './types.ts'

use([BarChart, LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer])

/** A chart is drawn once for each, since a picture cannot know the page that it stands in. */
export const themes = ['light', 'dark'] as const
export type Theme = (typeof themes)[number]

const colours = {
  light: { text: '#1f2328', muted: '#59636e', line: '#d1d9e0', series: ['#0969da', '#bc4c00', '#1a7f37', '#8250df'] },
  dark: { text: '#f0f6fc', muted: '#9198a1', line: '#3d444d', series: ['#4493f8', '#db6d28', '#3fb950', '#ab7df8'] },
} as const satisfies Record<Theme, unknown>

const WIDTH = 820
const LINE_HEIGHT = 340
const BAR_HEIGHT = 20
/** Title, legend and axis. */
const FRAME_HEIGHT = 120
/** About; nothing here can measure text. */
const LETTER_WIDTH = 7.2

type Point = { x: string | number; y: number }
type Series = { name: string; points: Point[] }

/**
 * A chart as SVG, without a background. Bars lie, so that their names can be read.
 *
 * @throws {Error} if the chart names a table or column that there is not, or has nothing to draw
 */
export function drawChart(chart: BenchChart, tables: readonly BenchTable[], theme: Theme): string {
  const table = tables[chart.table]
  if (!table) throw new Error(`the chart ${JSON.stringify(chart.title)} has no table`)
  const [x, y] = [columnOf(table, chart.x), columnOf(table, chart.y)]
  const series = seriesOf(chart, table)
  const drawn = new Set(series.flatMap(({ points }) => points.map((point) => String(point.x))))
  const names = [...new Set(table.rows.map((row) => String(row[chart.x])))].filter((name) => drawn.has(name))
  // Series that share no name, such as a colour for each kind of row, need no room beside each other.
  const isShared = series.flatMap(({ points }) => points).length > names.length
  const bars = names.length * (isShared ? series.length : 1)
  const height = chart.kind === 'line' ? LINE_HEIGHT : FRAME_HEIGHT + bars * BAR_HEIGHT + names.length * 6
  const picture = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height })
  try {
    const own =
      chart.kind === 'line'
        ? lines(chart, { x, y, series }, theme)
        : lyingBars(chart, { y, series, names, isShared }, theme)
    picture.setOption({ ...frame(chart, series, theme), ...own })
    return tidied(picture.renderToSVGString())
  } finally {
    picture.dispose()
  }
}

function columnOf({ columns, title }: BenchTable, key: string): BenchColumn {
  const column = columns.find((one) => one.key === key)
  if (!column) throw new Error(`the table ${JSON.stringify(title)} has no column ${key}`)
  return column
}

function seriesOf({ title, x, y, series }: BenchChart, { rows }: BenchTable): Series[] {
  const all = new Map<string, Point[]>()
  for (const row of rows) {
    const [at, value] = [row[x], row[y]]
    if (at === null || at === undefined || typeof value !== 'number') continue
    const name = series === undefined ? '' : String(row[series] ?? '')
    all.set(name, [...(all.get(name) ?? []), { x: at, y: value }])
  }
  if (all.size === 0) throw new Error(`the chart ${JSON.stringify(title)} has nothing to draw`)
  return [...all].map(([name, points]) => ({ name, points }))
}

function frame({ title }: BenchChart, series: readonly Series[], theme: Theme) {
  const { text, series: color } = colours[theme]
  return {
    animation: false,
    color: [...color],
    textStyle: { fontFamily: 'system-ui, sans-serif' },
    title: { text: title, left: 8, top: 6, textStyle: { color: text, fontSize: 15, fontWeight: 600 } },
    legend: { show: series.length > 1, left: 8, top: 30, itemGap: 24, textStyle: { color: text } },
    grid: grid(series),
  }
}

const grid = (series: readonly Series[]) => ({ left: 16, right: 76, top: series.length > 1 ? 62 : 40, bottom: 44 })

function axis(theme: Theme, name = '') {
  const { text, muted, line } = colours[theme]
  return {
    name,
    nameLocation: 'middle' as const,
    nameTextStyle: { color: muted },
    axisLabel: { color: text, hideOverlap: true },
    axisLine: { lineStyle: { color: line } },
    axisTick: { lineStyle: { color: line } },
    splitLine: { lineStyle: { color: line } },
  }
}

const scale = (isLog: boolean) => ({ type: isLog ? ('log' as const) : ('value' as const) })

type LineParts = { x: BenchColumn; y: BenchColumn; series: readonly Series[] }

function lines({ log }: BenchChart, { x, y, series }: LineParts, theme: Theme) {
  const isNumber = series.every(({ points }) => points.every((point) => typeof point.x === 'number'))
  const across = isNumber ? scale(log === 'x' || log === 'both') : { type: 'category' as const }
  return {
    xAxis: { ...axis(theme, formatHeading(x)), ...across },
    yAxis: { ...axis(theme, formatHeading(y)), ...scale(log === 'y' || log === 'both') },
    series: series.map(({ name, points }) => ({
      ...{ type: 'line' as const, name, silent: true, symbol: 'circle', symbolSize: 7 },
      data: points.map((point) => [point.x, point.y]),
    })),
  }
}

type BarParts = { y: BenchColumn; series: readonly Series[]; names: readonly string[]; isShared: boolean }

/** The first row on top; each bar with its value. */
function lyingBars({ log }: BenchChart, { y, series, names, isShared }: BarParts, theme: Theme) {
  const heightOf = ({ points }: Series, name: string) => points.find((point) => String(point.x) === name)?.y ?? null
  const widest = Math.max(...names.map(({ length }) => length)) * LETTER_WIDTH
  return {
    grid: { ...grid(series), left: Math.min(widest, WIDTH / 2) + 16, outerBoundsMode: 'none' as const },
    yAxis: { ...axis(theme), type: 'category' as const, inverse: true, data: [...names], splitLine: { show: false } },
    xAxis: { ...axis(theme, formatHeading(y)), ...scale(log === 'y' || log === 'both') },
    series: series.map((one) => ({
      ...{ type: 'bar' as const, name: one.name, silent: true, barMaxWidth: BAR_HEIGHT },
      ...(isShared ? {} : { stack: 'all' }),
      data: names.map((name) => {
        const value = heightOf(one, name)
        const label = { show: value !== null, position: 'right' as const, color: colours[theme].text }
        return { value, label: { ...label, formatter: formatCell(value, y) } }
      }),
    })),
  }
}

/** Without what only a page that reacts needs, and with names that do not depend on what was drawn before. */
function tidied(svg: string): string {
  return `${svg
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/ (?:class|ecmeta_\w+|pointer-events)="[^"]*"/g, '')
    .replace(/zr\d+-/g, 'zr-')
    .replace(/(\d+\.\d{2})\d+/g, '$1')
    .trim()}\n`
}
