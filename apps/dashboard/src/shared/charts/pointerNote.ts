import type uPlot from 'uplot'

/** What is written beside the pointer: a title, and names with values. */
export type Described = { title: string; lines: readonly { name: string; value: string; colour?: string }[] }

const MARGIN = 12

/** Shows beside the pointer what the data say there. */
export function pointerNote(describe: (index: number) => Described): uPlot.Plugin {
  const note = document.createElement('div')
  note.className =
    'pointer-events-none absolute z-10 hidden min-w-36 rounded-lg border border-line bg-surface px-3 py-2 text-xs shadow-raised'
  return {
    hooks: {
      init: (chart) => chart.over.append(note),
      setCursor: (chart) => {
        const { idx, left = -1, top = 0 } = chart.cursor
        const shown = idx !== null && idx !== undefined && left >= 0
        note.classList.toggle('hidden', !shown)
        if (!shown) return
        note.replaceChildren(...content(describe(idx)))
        const fits = left + MARGIN + note.offsetWidth < chart.over.clientWidth
        note.style.left = `${fits ? left + MARGIN : Math.max(0, left - MARGIN - note.offsetWidth)}px`
        note.style.top = `${Math.max(0, Math.min(top, chart.over.clientHeight - note.offsetHeight))}px`
      },
    },
  }
}

function content({ title, lines }: Described): HTMLElement[] {
  const head = document.createElement('div')
  head.className = 'mb-1 font-medium'
  head.textContent = title
  return [head, ...lines.map(row)]
}

function row({ name, value, colour }: Described['lines'][number]): HTMLElement {
  const line = document.createElement('div')
  line.className = 'flex items-center justify-between gap-4 whitespace-nowrap'
  const label = document.createElement('span')
  label.className = 'flex items-center gap-1.5 text-muted'
  if (colour) {
    const dot = document.createElement('span')
    dot.className = 'size-2 rounded-full'
    dot.style.background = colour
    label.append(dot)
  }
  label.append(name)
  const number = document.createElement('span')
  number.className = 'font-medium'
  number.textContent = value
  line.append(label, number)
  return line
}
