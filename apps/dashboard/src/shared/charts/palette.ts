/** Colours for charts, which draw on a canvas and so cannot use the page's own variables by name. */
export type Palette = Record<
  'ink' | 'muted' | 'line' | 'surface' | 'accent' | 'demand' | 'supply' | 'good' | 'bad',
  string
>

/** The colours of the theme that is shown now. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim()
  return {
    ink: colour('ink'),
    muted: colour('muted'),
    line: colour('line'),
    surface: colour('surface'),
    accent: colour('accent'),
    demand: colour('demand'),
    supply: colour('supply'),
    good: colour('good'),
    bad: colour('bad'),
  }
}

/** A colour that lets through what is behind it; `share` 0 to 1. */
export function faded(colour: string, share: number): string {
  return `color-mix(in srgb, ${colour} ${Math.round(share * 100)}%, transparent)`
}
