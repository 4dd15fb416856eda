/** What a place of a mosaic needs to know of its picture. */
export type Sized = { width: number; height: number }

/** Where each picture of one large picture stands. Pixels. */
export type MosaicPlan = { width: number; height: number; places: readonly ({ x: number; y: number } & Sized)[] }

/** What a canvas can hold everywhere. */
const MAX_SIDE = 16_384
const MAX_PIXELS = 64_000_000

/**
 * Lays pictures side by side without gaps, row after row, each row as high as its highest and each column as wide as its widest.
 *
 * @param pictures `undefined`: one that is to come, as large as the first that is there
 * @returns `undefined` if nothing is there, or the whole is too large to be put together
 * @example
 * planMosaic(bands, 1) // bands below each other: { width: 480, height: 270, places: [{ x: 0, y: 0, … }, { x: 0, y: 10, … }] }
 */
export function planMosaic(pictures: readonly (Sized | undefined)[], columns: number): MosaicPlan | undefined {
  const known = pictures.find((picture) => picture !== undefined)
  if (!known) return undefined
  const sizes = pictures.map(({ width, height }: Sized = known) => ({ width, height }))
  const count = Math.min(columns, sizes.length)
  const widths = Array.from({ length: count }, (_, column) =>
    most(
      sizes.filter((_, at) => at % count === column),
      'width',
    ),
  )
  const rows = Array.from({ length: Math.ceil(sizes.length / count) }, (_, row) =>
    most(sizes.slice(row * count, (row + 1) * count), 'height'),
  )
  const [width, height] = [sum(widths), sum(rows)]
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS) return undefined
  const [lefts, tops] = [starts(widths), starts(rows)]
  const places = sizes.map((size, at) => ({
    x: lefts[at % count] ?? 0,
    y: tops[Math.floor(at / count)] ?? 0,
    ...size,
  }))
  return { width, height, places }
}

/**
 * Whether pictures look like parts of one: bands as wide as each other and much wider than high.
 *
 * @param pictures `undefined`: one that is to come
 * @example
 * areBands(bandsOf480x10) // true: they are shown as one picture
 */
export function areBands(pictures: readonly (Sized | undefined)[]): boolean {
  const known = pictures.filter((picture) => picture !== undefined)
  const [first] = known
  return (
    first !== undefined &&
    pictures.length > 1 &&
    first.width >= 4 * first.height &&
    known.every(({ width }) => width === first.width)
  )
}

const most = (sizes: readonly Sized[], side: keyof Sized) => Math.max(...sizes.map((size) => size[side]))
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

function starts(lengths: readonly number[]): number[] {
  let at = 0
  return lengths.map((length) => {
    at += length
    return at - length
  })
}
