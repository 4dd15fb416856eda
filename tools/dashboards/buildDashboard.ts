import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  ReduceDataOptionsBuilder,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  type GridPos,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import type { Board, Panel } from './board.ts'

/** Chosen at the top, since everybody's has another name. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in
const SOURCE = { type: 'prometheus', uid: '${datasource}' }

const GRID_WIDTH = 24
/** Six numbers, or three graphs, in a line. */
const SIZES = { now: { w: 4, h: 4 }, time: { w: 8, h: 8 } } as const
const ROW = { w: GRID_WIDTH, h: 1 }

/** A dashboard as Grafana imports it. The same board gives the same text. */
export function buildDashboard({ name, title, description, chooser, rows }: Board): string {
  const builder = new DashboardBuilder(title)
    .uid(`tender-${name}`)
    .description(description)
    .tags(['tender'])
    .readonly()
    .refresh('30s')
    .time({ from: 'now-6h', to: 'now' })
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'))
  if (chooser) {
    builder.withVariable(
      new QueryVariableBuilder(chooser.label)
        .label(chooser.title)
        .datasource(SOURCE)
        .query(`label_values(${chooser.metric}, ${chooser.label})`)
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .multi(true)
        .includeAll(true)
        .allValue('.*'),
    )
  }
  const place = createPlaces()
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title).id(place.id()).gridPos(place.next(ROW)))
    for (const panel of row.panels) {
      const gridPos = place.next(SIZES[panel.shows])
      builder.withPanel(panelOf(panel).id(place.id()).gridPos(gridPos))
    }
  }
  return JSON.stringify(builder.build(), undefined, 2)
}

/** From left to right, and a new line where a panel has no room or another height; Grafana's kit leaves that to who knows it. */
function createPlaces() {
  let [x, y, height, ids] = [0, 0, 0, 0]
  return {
    id: () => ++ids,
    next({ w, h }: { w: number; h: number }): GridPos {
      if (x + w > GRID_WIDTH || h !== height) {
        y += height
        x = 0
      }
      height = h
      const at = { x, y, w, h }
      x += w
      return at
    },
  }
}

function panelOf(panel: Panel): StatBuilder | TimeseriesBuilder {
  const builder = panel.shows === 'now' ? statOf() : timeseriesOf(panel)
  return builder
    .title(panel.title)
    .description(panel.description)
    .datasource(SOURCE)
    .unit(panel.unit)
    .thresholds(thresholdsOf(panel))
    .targets(Object.entries(panel.queries).map(([legend, query], index) => queryOf(query, legend, index, panel.shows)))
}

function statOf(): StatBuilder {
  const newest = new ReduceDataOptionsBuilder().calcs(['lastNotNull'])
  return new StatBuilder().reduceOptions(newest).graphMode(BigValueGraphMode.Area).colorMode(BigValueColorMode.Value)
}

function timeseriesOf({ worry }: Panel): TimeseriesBuilder {
  const legend = new VizLegendOptionsBuilder().displayMode(LegendDisplayMode.List).showLegend(true)
  const builder = new TimeseriesBuilder().lineWidth(1).fillOpacity(8).legend(legend)
  if (!worry) return builder
  return builder.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed))
}

/** Green where nothing is wrong; Grafana wants the steps to rise. */
function thresholdsOf({ worry }: Panel): ThresholdsConfigBuilder {
  const [green, yellow, red] = ['green', 'yellow', 'red']
  const steps = !worry
    ? [{ value: null, color: green }]
    : worry.below
      ? [
          { value: null, color: red },
          { value: worry.red, color: yellow },
          { value: worry.yellow, color: green },
        ]
      : [
          { value: null, color: green },
          { value: worry.yellow, color: yellow },
          { value: worry.red, color: red },
        ]
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps)
}

function queryOf(query: string, legend: string, index: number, shows: Panel['shows']): Builder<Dataquery> {
  const builder = new DataqueryBuilder()
    .refId(String.fromCharCode('A'.charCodeAt(0) + index))
    .datasource(SOURCE)
    .expr(query)
    .legendFormat(legend)
  return shows === 'now' ? builder.instant() : builder.range()
}
