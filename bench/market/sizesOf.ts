import { InvalidInputError } from '@tender/protocol'

/**
 * Sizes as an option has them; `none` for none.
 *
 * @throws {InvalidInputError}
 * @example
 * sizesOf('providers', '10,100') // [10, 100]
 */
export function sizesOf(name: string, written: string): number[] {
  if (written === 'none') return []
  const sizes = written.split(',').map(Number)
  if (sizes.every((size) => Number.isInteger(size) && size > 0)) return sizes
  const message = `--${name} takes whole numbers above 0 with commas between, or none, not ${JSON.stringify(written)}`
  throw new InvalidInputError('an option is not understood', [{ message }])
}
