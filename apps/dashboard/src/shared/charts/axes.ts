import type { Axis } from 'uplot'
import type { Palette } from './palette.ts'

const FONT = '12px "Inter Variable", system-ui, sans-serif'

const DAY_SECONDS = 86_400
const dayText = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const clockText = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const secondText = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** An axis of time at the bottom: days by date, hours by the clock. */
export function timeAxis(palette: Palette): Axis {
  return axis(palette, {
    grid: { show: false },
    size: 32,
    space: 72,
    values: (_chart, ticks, _axis, _space, step) =>
      ticks.map((tick) => {
        const moment = new Date(tick * 1000)
        const midnight = moment.getHours() === 0 && moment.getMinutes() === 0
        if (step < 60) return secondText.format(moment)
        return (step >= DAY_SECONDS || midnight ? dayText : clockText).format(moment)
      }),
  })
}

/** Looks of an axis: thin lines, quiet numbers. */
export function axis(palette: Palette, more: Axis = {}): Axis {
  const { grid, ...rest } = more
  return {
    stroke: palette.muted,
    font: FONT,
    ticks: { show: false },
    gap: 6,
    ...rest,
    grid: { stroke: palette.line, width: 1, ...grid },
  }
}
